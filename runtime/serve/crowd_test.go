package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

// from is a connection from an address.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp", f.address)
	if err != nil {
		return nil
	}
	return a
}

// dialFrom connects as a client of the address would.
func (p *pipes) dialFrom(address string) net.Conn {
	mine, theirs := net.Pipe()
	p.conns <- from{theirs, address}
	return mine
}

// started is a server behind pipes; ended returns what Run did.
func started(t *testing.T, cfg serve.Config) (p *pipes, ended func() error) {
	t.Helper()
	s, p := serving(t, loans(t), cfg), newPipes()
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- s.Run(ctx, p) }()
	return p, func() error {
		cancel()
		return <-end
	}
}

// status sends a request on the connection and returns the answer's status; 0:
// there was none.
func status(c net.Conn, request string) int {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.WriteString(c, request)
	}()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil) //nolint:bodyclose // the connection is closed
	<-sent
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func whole() string { return fmt.Sprintf(head, len(positional)) + positional }

func TestSlowSendersTakeNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, ended := started(t, serve.Config{})
		var closed atomic.Int64
		for range 1100 {
			c := p.dialFrom("192.0.2.1:1000")
			go func() {
				defer closed.Add(1)
				_, err := io.WriteString(c, fmt.Sprintf(head, 90))
				go func() { _, _ = io.Copy(io.Discard, c) }() // what they are answered
				for err == nil {
					time.Sleep(500 * time.Millisecond)
					_, err = io.WriteString(c, " ")
				}
			}()
		}
		time.Sleep(time.Second)
		for _, address := range []string{"192.0.2.1:2000", "192.0.2.2:1000"} {
			began := time.Now()
			if got := status(p.dialFrom(address), whole()); got != http.StatusOK || time.Since(began) > time.Second {
				t.Errorf("%s was answered %d after %s, beside 1100 slow senders", address, got, time.Since(began))
			}
		}
		time.Sleep(6 * time.Second)
		if n := closed.Load(); n != 1100 {
			t.Errorf("%d of 1100 slow senders were let go", n)
		}
		if err := ended(); err != nil {
			t.Error(err)
		}
	})
}

func TestABodyMustComeAtADecentPace(t *testing.T) {
	for name, c := range map[string]struct {
		rate int // bytes in each half second
		want int
	}{
		"10 KiB/s": {5 << 10, http.StatusRequestTimeout}, "40 KiB/s": {20 << 10, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, ended := started(t, serve.Config{Limits: plan.Limits{Timeout: "60s"}})
				conn := p.dialFrom("192.0.2.1:1000")
				body := positional + strings.Repeat(" ", 600<<10)
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					_, err := io.WriteString(conn, fmt.Sprintf(head, len(body)))
					for ; len(body) > 0 && err == nil; time.Sleep(500 * time.Millisecond) {
						n := min(c.rate, len(body))
						_, err = io.WriteString(conn, body[:n])
						body = body[n:]
					}
				}()
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // conn is
				if err != nil || answer.StatusCode != c.want {
					t.Errorf("%v, %v, want %d", answer, err, c.want)
				}
				_ = conn.Close()
				<-sent
				if err := ended(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAClientHasItsShareOfConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, ended := started(t, serve.Config{MaxInFlight: 4}) // 16 connections, 8 to a client
		for i := range 8 {
			if got := status(p.dialFrom(fmt.Sprintf("[2001:db8::%x]:1", i+1)), whole()); got != http.StatusOK {
				t.Fatalf("connection %d was answered %d", i, got)
			}
		}
		if got := status(p.dialFrom("[2001:db8::ffff]:1"), ""); got != http.StatusServiceUnavailable {
			t.Errorf("the ninth connection of a network was answered %d", got)
		}
		for i := range 8 {
			if got := status(p.dialFrom(fmt.Sprintf("192.0.2.%d:1", i)), whole()); got != http.StatusOK {
				t.Errorf("another client was answered %d", got)
			}
		}
		if got := status(p.dialFrom("198.51.100.1:1"), ""); got != http.StatusServiceUnavailable {
			t.Errorf("connection 17 was answered %d", got)
		}
		time.Sleep(3 * time.Minute) // longer than an idle connection is kept
		if got := status(p.dialFrom("[2001:db8::ffff]:1"), whole()); got != http.StatusOK {
			t.Errorf("when the others have gone it is answered %d", got)
		}
		if err := ended(); err != nil {
			t.Error(err)
		}
	})
}

func TestAClientHasItsShareOfPredictions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := serving(t, loans(t), serve.Config{MaxInFlight: 4}), newPipes()
		g := gate{make(chan struct{}), make(chan struct{})}
		if err := s.Swap(&serve.Served{Model: loans(t), Version: 4, Observer: g}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { end <- s.Run(ctx, p) }()
		for range 3 {
			go status(p.dialFrom("192.0.2.1:1"), whole())
			<-g.in
		}
		if got := status(p.dialFrom("192.0.2.1:1"), whole()); got != http.StatusServiceUnavailable {
			t.Errorf("a client's fourth prediction of four is answered %d", got)
		}
		other := make(chan int)
		go func() { other <- status(p.dialFrom("192.0.2.2:1"), whole()) }()
		<-g.in
		close(g.out)
		if got := <-other; got != http.StatusOK {
			t.Errorf("another client is answered %d", got)
		}
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

func TestBodiesTakeNoMoreMemoryThanThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Room for 4 MiB of bodies; a client has 3 MiB of it.
		p, ended := started(t, serve.Config{MaxInFlight: 8, Limits: plan.Limits{MaxBodyBytes: 1 << 20, Timeout: "30s"}})
		answers := make(chan int, 8)
		for range 8 {
			c := p.dialFrom("192.0.2.1:1")
			go func() {
				answers <- status(c, fmt.Sprintf(head, 1<<20)+strings.Repeat(" ", 1<<20-1)) // all but a byte
			}()
		}
		time.Sleep(time.Second)
		if got := status(p.dialFrom("192.0.2.2:1"),
			fmt.Sprintf(head, 10000+len(positional))+strings.Repeat(" ", 10000)+positional); got != http.StatusOK {
			t.Errorf("another client is answered %d", got)
		}
		time.Sleep(time.Minute)
		refused := 0
		for range 8 {
			if <-answers == http.StatusServiceUnavailable {
				refused++
			}
		}
		if refused < 4 || refused == 8 {
			t.Errorf("%d of 8 bodies were refused", refused)
		}
		if err := ended(); err != nil {
			t.Error(err)
		}
	})
}
