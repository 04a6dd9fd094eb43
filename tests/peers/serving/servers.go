package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// places are where the servers listen, and headers that the door lets in.
type places struct {
	Addresses  map[string]string
	Key, Token string
}

// start starts the servers in a process of their own. What is returned ends it.
func start(ctx context.Context) (places, func() error, error) {
	var at places
	self, err := os.Executable()
	if err != nil {
		return at, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-servers")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return at, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return at, nil, err
	}
	if err := cmd.Start(); err != nil {
		return at, nil, err
	}
	stop := func() error { return errors.Join(in.Close(), cmd.Wait()) }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&at); err != nil {
		return at, nil, errors.Join(fmt.Errorf("the servers did not start: %w", err), stop())
	}
	return at, stop, nil
}

// serveAll is the process of the servers: it says where they are, and runs until its
// input ends.
func serveAll(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m, err := fit(ctx)
	if err != nil {
		return err
	}
	d, key, token, err := newDoor(ctx)
	if err != nil {
		return err
	}
	at := places{Addresses: map[string]string{}, Key: key, Token: token}
	for name, cfg := range map[string]serve.Config{"open": {}, "door": {Access: d}, "shadow": {}} {
		s, err := serving(m, cfg, name == "shadow")
		if err != nil {
			return err
		}
		if at.Addresses[name], err = listen(ctx, s.Run); err != nil {
			return err
		}
	}
	bare := map[string]http.HandlerFunc{"reading": func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"prediction":"good","probability":0.5}`)
	}}
	for _, p := range protocols {
		bare[p.name+" decoding"] = func(w http.ResponseWriter, r *http.Request) {
			if !p.decodes(r.Body) {
				w.WriteHeader(http.StatusBadRequest)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"prediction": "good", "probability": 0.5})
		}
	}
	for name, h := range bare {
		web := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
		serve := func(_ context.Context, l net.Listener) error { return web.Serve(l) }
		if at.Addresses[name], err = listen(ctx, serve); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(out).Encode(at); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// listen runs a server on the loopback until the process ends.
func listen(ctx context.Context, run func(context.Context, net.Listener) error) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = run(ctx, l) }() // one that has ended answers nothing, which the load says
	return l.Addr().String(), nil
}

// counting observes the rows that are answered, as whoever records them does.
type counting struct{ rows atomic.Int64 }

func (c *counting) Observe([]float64, []string, model.Score) { c.rows.Add(1) }

// serving is a server of the model, with another version as its shadow or without.
func serving(m *model.Model, cfg serve.Config, shadowed bool) (*serve.Server, error) {
	cfg.Endpoint = "scoring"
	s, err := serve.New(cfg)
	if err != nil {
		return nil, err
	}
	main, err := s.Load(serve.Served{Model: m, Version: 1, Observer: &counting{}})
	if err != nil {
		return nil, err
	}
	to := serve.Routing{Main: main}
	if shadowed {
		next, err := s.Load(serve.Served{Model: m, Version: 2})
		if err != nil {
			return nil, err
		}
		to.Compare = serve.NewComparer(serve.CompareConfig{Shadow: &serve.Arm{Loaded: next, Tally: &serve.Tally{}}})
	}
	return s, s.Route(to)
}
