package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// BenchmarkGuards is a prediction over a kept connection, with everything that
// guards a listener (the bounds on connections, the headers, the checks of Host and
// Origin) and with net/http's server and its time limits alone.
func BenchmarkGuards(b *testing.B) {
	m := loans(b)
	m.Ensemble = forest(rand.New(rand.NewPCG(3, 3)), 100, 10, m.Encoder.Width())
	for name, run := range map[string]func(context.Context, *serve.Server, net.Listener) error{
		"guarded": func(ctx context.Context, s *serve.Server, l net.Listener) error {
			return serve.Run(ctx, l, serve.Local(s.Handler(), l.Addr()), s)
		},
		"plain": func(ctx context.Context, s *serve.Server, l net.Listener) error {
			web := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
				WriteTimeout: 20 * time.Second, IdleTimeout: 2 * time.Minute}
			go func() { <-ctx.Done(); _ = web.Close() }()
			_ = web.Serve(l)
			return nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := serving(b, prepared(b, m), serve.Config{}) // one that has ended serves no more
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background()) // the context of b ends with its first round
			done := make(chan error, 1)
			go func() { done <- run(ctx, s, l) }()
			b.RunParallel(func(pb *testing.PB) {
				if err := askAgain(l.Addr().String(), pb.Next); err != nil {
					b.Error(err)
				}
			})
			b.StopTimer()
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}

// askAgain sends the same request over one connection as long as more says so.
func askAgain(addr string, more func() bool) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	request := []byte("POST /predict HTTP/1.1\r\nHost: " + addr +
		"\r\nContent-Type: application/json\r\nContent-Length: " +
		strconv.Itoa(len(positional)) + "\r\n\r\n" + positional)
	in := bufio.NewReader(c)
	for more() {
		if _, err := c.Write(request); err != nil {
			return err
		}
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if rest, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(rest))); err != nil {
					return err
				}
			}
			if len(bytes.TrimSpace(line)) == 0 {
				break
			}
		}
		if _, err := in.Discard(length); err != nil {
			return err
		}
	}
	_, err = io.WriteString(c, "")
	return err
}
