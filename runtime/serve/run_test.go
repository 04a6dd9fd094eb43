package serve_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// pipes is a network in memory, so that a test's clock can be a made-up one.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	}
}

// client talks to whatever serves the pipes, on connections of its own.
func (p *pipes) client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: p.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// first is an observer that holds the first row until it is released.
type first struct {
	taken     atomic.Bool
	held, out chan struct{}
}

func newFirst() *first { return &first{held: make(chan struct{}), out: make(chan struct{})} }

func (f *first) Observe([]float64, []string, model.Score) {
	if !f.taken.Swap(true) {
		close(f.held)
		<-f.out
	}
}

// running is a server behind pipes whose first request is under way.
type running struct {
	*serve.Server
	net    *pipes
	ended  chan error // what Run returned
	answer chan int   // status of the first request; 0: none came
	hold   *first
	stop   context.CancelFunc
}

func run(t *testing.T, cfg serve.Config) *running {
	t.Helper()
	r := &running{Server: serving(t, loans(t), cfg), net: newPipes(), ended: make(chan error, 1),
		answer: make(chan int, 1), hold: newFirst()}
	if err := r.Swap(&serve.Served{Model: loans(t), Version: 4, Observer: r.hold}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.ended <- r.Run(ctx, r.net) }()
	go func() {
		a, err := r.net.client(t).Post("http://x/predict", "application/json", strings.NewReader(positional))
		if err != nil {
			r.answer <- 0
			return
		}
		a.Body.Close()
		r.answer <- a.StatusCode
	}()
	<-r.hold.held
	return r
}

func TestADrainingServerAnswersWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, serve.Config{Grace: 3 * time.Second})
		client := r.net.client(t)
		r.stop()
		synctest.Wait()
		if err := r.Ready(); err == nil || !strings.Contains(err.Error(), "shutting down") {
			t.Errorf("ready while draining: %v", err)
		}
		for path, want := range map[string]int{"/ready": http.StatusServiceUnavailable, "/health": http.StatusOK} {
			a, err := client.Get("http://x" + path)
			if err != nil {
				t.Fatal(err)
			}
			if a.Body.Close(); a.StatusCode != want || !a.Close {
				t.Errorf("in the grace %s is %d, connection to be closed: %v", path, a.StatusCode, a.Close)
			}
		}
		a, err := client.Post("http://x/predict", "application/json", strings.NewReader(positional))
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("a request in the grace: %v, %v", a, err)
		}
		a.Body.Close()
		time.Sleep(4 * time.Second) // beyond the grace, on the made-up clock
		if a, err := client.Get("http://x/health"); err == nil {
			a.Body.Close()
			t.Error("a new connection was taken after the grace")
		}
		select {
		case err := <-r.ended:
			t.Fatalf("it ended with a request under way: %v", err)
		default:
		}
		close(r.hold.out)
		if status := <-r.answer; status != http.StatusOK {
			t.Errorf("the request under way was answered %d", status)
		}
		if err := <-r.ended; err != nil {
			t.Errorf("a graceful end is an error: %v", err)
		}
	})
}

func TestWhatOutlastsTheDrainIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, serve.Config{Drain: 2 * time.Second})
		began := time.Now()
		r.stop()
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "still under way after 2s and were cut off") {
			t.Errorf("%v", err)
		}
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("it waited %s", waited)
		}
		if status := <-r.answer; status != 0 {
			t.Errorf("the request was answered %d", status)
		}
		close(r.hold.out)
	})
}

func TestServersOfOneListenerDrainTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := serving(t, loans(t), serve.Config{Grace: time.Second})
		b := serving(t, loans(t), serve.Config{Grace: 5 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve.Run(ctx, newPipes(), http.NotFoundHandler(), a, b) }()
		synctest.Wait()
		if a.Ready() != nil || b.Ready() != nil {
			t.Error("not ready before the end")
		}
		began := time.Now()
		cancel()
		synctest.Wait()
		if a.Ready() == nil || b.Ready() == nil {
			t.Error("one of them takes no notice")
		}
		if err := <-ended; err != nil || time.Since(began) < 5*time.Second || time.Since(began) > 6*time.Second {
			t.Errorf("%v after %s, want the longest grace, 5s", err, time.Since(began))
		}
	})
}

func TestAListenerThatFailsIsToldByItsAddress(t *testing.T) {
	l := newPipes()
	l.Close()
	if err := serving(t, loans(t), serve.Config{}).Run(t.Context(), l); err == nil ||
		!strings.Contains(err.Error(), "serve 127.0.0.1:8080") {
		t.Errorf("%v", err)
	}
}

// slowly sends what there is of a request, waits for the answer and returns
// its status, 0 where the connection was closed without one, and the time it took.
func slowly(t *testing.T, p *pipes, sent string) (status int, body string, took time.Duration) {
	t.Helper()
	began := time.Now()
	conn, err := p.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, "", time.Since(began)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("the connection of a slow client stays open")
	}
	return answer.StatusCode, string(text), time.Since(began)
}

func TestSlowClientsAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, loans(t), serve.Config{Limits: plan.Limits{Timeout: "7s"}})
		p := newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, p) }()
		if status, _, took := slowly(t, p,
			"POST /predict HTTP/1.1\r\nHost: x\r\nX-Slow: "); status == http.StatusOK || took != 5*time.Second {
			t.Errorf("half a header was answered %d after %s", status, took)
		}
		status, body, took := slowly(t, p,
			"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"features\": [30, ")
		if status != http.StatusRequestTimeout || !strings.Contains(body, `"code":"timeout"`) || took != 5*time.Second {
			t.Errorf("half a body was answered %d %s after %s", status, body, took)
		}
		conn, err := p.dial(ctx, "", "") // asks, and never reads
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn,
			"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65\r\n\r\n"+
				positional); err != nil {
			t.Fatal(err)
		}
		client := p.client(t)
		a, err := client.Post("http://x/predict", "application/json", strings.NewReader(positional))
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("others wait for a client that does not read: %v", err)
		}
		a.Body.Close()
		time.Sleep(15 * time.Second) // twice the timeout
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the connection of a client that does not read stays open: %v", err)
		}
		if got := scrape(t, s)[`model_requests_in_flight{endpoint="scoring"}`]; got != "0" {
			t.Errorf("%s requests are under way, want none", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestARequestThatIsTooLateSaysWhose(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for code, c := range map[string]struct {
		ctx    context.Context
		status int
	}{"timeout": {late, http.StatusServiceUnavailable}, "cancelled": {gone, http.StatusRequestTimeout}} {
		w := askIn(c.ctx, s, `{"features": [[30, 129.5, "rent", "1", true, null]]}`)
		if p := refused(t, w, c.status); p.Code != code {
			t.Errorf("%+v, want %s", p, code)
		}
	}
}
