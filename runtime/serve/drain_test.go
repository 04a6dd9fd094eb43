package serve_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// asked is what a client that keeps its connection came to.
type asked struct {
	answered, lost int
	told           bool // by Connection: close, or the end of the connection between requests
}

// keepAsking sends one request after the other on one connection until it is
// told to stop or its connection ends. It calls begun after the first answer, or
// when there will be none.
func keepAsking(address string, pause time.Duration, begun func()) (out asked) {
	begun = sync.OnceFunc(begun)
	defer begun()
	c, err := net.Dial("tcp", address)
	if err != nil {
		return out
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(c, whole()); err != nil {
			out.lost++
			return out
		}
		answer, err := http.ReadResponse(r, nil) //nolint:bodyclose // the connection is closed
		if err != nil {
			out.lost++
			return out
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			out.lost++
			return out
		}
		out.answered++
		begun()
		if answer.Close {
			_, err := r.ReadByte()
			out.told = errors.Is(err, io.EOF)
			return out
		}
		time.Sleep(pause)
	}
}

func TestNoRequestIsLostAtTheEnd(t *testing.T) {
	for range 8 {
		s := serving(t, loans(t), serve.Config{})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, l) }()
		var wg, begun sync.WaitGroup
		results := make([]asked, 48)
		begun.Add(len(results))
		for i := range results {
			wg.Go(func() {
				results[i] = keepAsking(l.Addr().String(),
					time.Duration(i%8)*5*time.Millisecond, begun.Done)
			})
		}
		begun.Wait() // on a busy machine a client may come late
		time.Sleep(100 * time.Millisecond)
		cancel()
		began := time.Now()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s to end", took)
		}
		wg.Wait()
		answered := 0
		for i, r := range results {
			if r.lost > 0 || !r.told || r.answered == 0 {
				t.Errorf("client %d: %+v", i, r)
			}
			answered += r.answered
		}
		if answered < 2*len(results) {
			t.Errorf("only %d requests: no load", answered)
		}
	}
}

func TestIdleConnectionsEndWithTheServer(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := status(c, whole()); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	began := time.Now()
	cancel()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection ends with %v", err)
	}
	if err := <-ended; err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}
