package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// plainPost is a request that express answers itself.
func plainPost(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Request-Id: 7\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, len(body), body)
}

// served is a handler behind Run; dial connects to it.
func served(t *testing.T, h http.Handler) (dial func() net.Conn) {
	t.Helper()
	p := newPipes()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve.Run(ctx, p, h, serving(t, loans(t), serve.Config{})) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() net.Conn {
		c := p.dialFrom("192.0.2.1:1")
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
}

// converse sends the parts and returns what is answered: the status, the header without
// the date, and the body.
func converse(t *testing.T, c net.Conn, parts ...string) (text string, closes bool) {
	t.Helper()
	go func() {
		for _, p := range parts {
			_, _ = io.WriteString(c, p)
		}
	}()
	r := bufio.NewReader(c)
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		return err.Error(), true
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Error(err)
	}
	if _, err := http.ParseTime(a.Header.Get("Date")); err != nil {
		t.Error(err)
	}
	a.Header.Del("Date")
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		lines = append(lines, fmt.Sprint(name, a.Header[name]))
	}
	return fmt.Sprintln(a.Status, a.ContentLength, a.TransferEncoding) + strings.Join(lines, "\n") + string(body), a.Close
}

func TestAnswersAreTheSameWhoeverReadsTheRequest(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	row := `[30, 129.5, "rent", "1", true, null]`
	for _, h := range []http.Handler{s.Handler(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("%v", err)
			}
		case "/split":
			w.Header().Set("X-A", "1\r\nX-B: 2\n\n<html>")
			w.Header()["X C"] = []string{"1"}
			w.Header()["X-D"] = []string{"1", "2"}
		case "/bye":
			w.Header().Set("Connection", "close")
		case "/page":
			_, _ = io.WriteString(w, "<html>")
			_, _ = io.WriteString(w, "</html>")
			w.WriteHeader(http.StatusTeapot) // too late
		case "/echo":
			_, _ = io.Copy(w, r.Body)
		}
	})} {
		dial := served(t, h)
		for _, request := range []string{
			plainPost("/predict", positional), plainPost("/predict", named), plainPost("/predict", "{"),
			plainPost("/predict", `{"features": [`+strings.Repeat(row+",", 40)+row+`]}`), // a long answer
			plainPost("/predict", `{"features": {"Agee": 1}}`), plainPost("/health", "{}"), plainPost("/x", "{}"),
			plainPost("/nothing", "{}"), plainPost("/split", "{}"), plainPost("/bye", "{}"), plainPost("/page", "{}"),
			plainPost("/echo", "a\x00b"), plainPost("/v2/models/default-risk/infer", "{}"),
		} {
			got, closes := converse(t, dial(), request)
			want, closed := converse(t, dial(), request[:9], request[9:]) // net/http's
			if got != want || closes != closed {
				t.Errorf("%.30q is answered\n%s\n%v, and by net/http\n%s\n%v", request, got, closes, want, closed)
			}
		}
	}
}

func TestAConnectionGoesOnWithWhatIsNotPlain(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	c := served(t, s.Handler())()
	go func() {
		for _, part := range []string{whole(), whole(), whole() + whole(), "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
			whole()[:20], whole()[20:], whole()} {
			_, _ = io.WriteString(c, part)
		}
	}()
	r := bufio.NewReader(c)
	for i := range 7 {
		a, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != http.StatusOK {
			t.Errorf("answer %d: %d, %v", i, a.StatusCode, err)
		}
		_ = a.Body.Close()
	}
}

func TestAHandlerThatPanicsLosesItsConnectionAlone(t *testing.T) {
	for _, cause := range []any{"a defect", http.ErrAbortHandler} {
		dial := served(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic(cause)
			}
		}))
		other := dial()
		if got, _ := converse(t, other, plainPost("/fine", "{}")); !strings.HasPrefix(got, "200") {
			t.Error(got)
		}
		if got, _ := converse(t, dial(), plainPost("/panic", "{}")); got != io.ErrUnexpectedEOF.Error() {
			t.Errorf("a handler that panics with %v answers %s", cause, got)
		}
		if got, _ := converse(t, other, plainPost("/fine", "{}")); !strings.HasPrefix(got, "200") {
			t.Error(got)
		}
	}
}

func TestWhoSaysNothingIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, loans(t), serve.Config{})
		p := newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, p) }()
		for name, c := range map[string]struct {
			first       string
			least, most time.Duration
		}{
			"from the start":  {"", 5 * time.Second, 5 * time.Second},
			"after a request": {whole(), 110 * time.Second, 2 * time.Minute},
		} {
			conn := p.dialFrom("192.0.2.1:1")
			if c.first != "" {
				for range 20 { // over a while, in which the deadline moves along
					time.Sleep(time.Second)
					if got := status(conn, c.first); got != http.StatusOK {
						t.Fatalf("%d", got)
					}
				}
			}
			began := time.Now()
			_, err := conn.Read(make([]byte, 1))
			if took := time.Since(began); !errors.Is(err, io.EOF) || took < c.least || took > c.most {
				t.Errorf("%s: %v after %s", name, err, took)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
