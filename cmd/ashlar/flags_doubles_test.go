package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// newHub is GitHub with two merged pull requests that promote version 2 of m by
// its evidence.
func newHub(t *testing.T, evidence string) *githubtest.Server {
	t.Helper()
	hub := githubtest.New(t)
	hub.Hold("main", map[string]string{"evidence/m-2.json": evidence, "p.cue": blueprintNamed("pb")})
	for _, reviewer := range []string{"linus", "grace"} {
		n, head := hub.Open("somebody", "promote-for-"+reviewer, "Serve version 2")
		hub.Review(n, reviewer, "APPROVED", head)
		hub.Merge(n)
	}
	hub.Changes()
	return hub
}

// hubState is what GitHub was asked to change, and what it has.
func hubState(hub *githubtest.Server) string {
	issues := hub.Issues()
	out := fmt.Sprint("-- github\n", hub.Asked(), " requests\n", strings.Join(hub.Changes(), "\n"), "\n",
		hub.Comments(1), hub.Comments(2), hub.Dispatched(), hub.Pulls(), "\n")
	for _, title := range slices.Sorted(maps.Keys(issues)) {
		out += title + ": " + issues[title] + "\n"
	}
	for _, one := range hub.Runs() {
		out += fmt.Sprint(one["name"], one["head_sha"], one["output"], "\n")
	}
	return out
}

// postgresDouble takes connections as PostgreSQL does, notes what for, and says
// that there is no such database.
type postgresDouble struct {
	address string

	mu   sync.Mutex
	said []string
}

func newPostgresDouble(t *testing.T) *postgresDouble {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &postgresDouble{address: l.Addr().String()}
	var group sync.WaitGroup
	t.Cleanup(func() { l.Close(); group.Wait() })
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { d.answer(c) })
		}
	})
	return d
}

func (d *postgresDouble) location(database string) string {
	return "postgres://ada@" + d.address + "/" + database + "?sslmode=disable"
}

// answer speaks the start of PostgreSQL's protocol, version 3.
func (d *postgresDouble) answer(c net.Conn) {
	defer c.Close()
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	body := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<12)-4)
	if _, err := io.ReadFull(c, body); err != nil {
		return
	}
	d.mu.Lock()
	d.said = strings.Split(string(body[4:]), "\x00") // in no order
	slices.Sort(d.said)
	d.mu.Unlock()
	fields := "SFATAL\x00VFATAL\x00C3D000\x00Mthe database does not exist\x00\x00"
	answer := binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(fields)+4)) //nolint:gosec // a constant
	_, _ = c.Write(append(answer, fields...))
}

// asked are the users and databases that were asked for.
func (d *postgresDouble) asked() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return "-- postgres\n" + strings.Join(d.said, "\n") + "\n"
}

// shared is a buffer that is read while it is written.
type shared struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var standingAt = regexp.MustCompile(`page +(http://127\.0\.0\.1:\d+)/`)

// visited runs a line that serves, and returns what it answers to a request for
// models.example.
func visited(t *testing.T, args []string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errw shared
	done := make(chan int, 1)
	go func() { done <- run(ctx, args, strings.NewReader(""), &out, &errw) }()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		at := standingAt.FindStringSubmatch(out.String())
		if at == nil && len(done) == 0 {
			continue
		}
		if at == nil {
			break
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, at[1]+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "models.example"
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		stop()
		<-done
		return "answered " + answer.Status + "\n"
	}
	t.Fatalf("ashlar %s does not serve:\n%s%s", strings.Join(args, " "), out.String(), errw.String())
	return ""
}
