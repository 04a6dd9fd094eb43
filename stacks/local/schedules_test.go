//go:build unix

package local

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// scheduled is a plan with one pipeline that falls due every second.
func scheduled(cmd string, more func(*plan.Pipeline)) *plan.Plan {
	line := plan.Pipeline{
		Schedule: "@every 1s", Concurrency: plan.Forbid, RetryDelay: "1ms", Params: map[string]any{},
		Stages: map[string]plan.Stage{"tick": {Cmd: []string{cmd},
			Params: []string{plan.ParamDate}, AlwaysChanged: true}},
	}
	if more != nil {
		more(&line)
	}
	return &plan.Plan{APIVersion: plan.APIVersion, Name: "p", Environment: "dev",
		Pipelines: map[string]plan.Pipeline{"ticks": line}}
}

// notices are what a stack tells.
type notices struct {
	mu  sync.Mutex
	all []string
}

func (n *notices) add(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, line)
}

func (n *notices) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.all, "\n")
}

// serveFor lets a stack serve for a while and returns what it told.
func serveFor(t *testing.T, p *plan.Plan, state string, d time.Duration) string {
	t.Helper()
	var told notices
	s, err := Open(t.Context(), Config{Plan: p, Dir: t.TempDir(), State: state, Listen: "127.0.0.1:0", Author: "ada",
		Now: time.Now, Notice: told.add, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := errors.Join(s.Serve(ctx, ServeOptions{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	return told.text()
}

// open is a file that stages may write, outside of their own folders.
func open(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(confine.WriteVariable, dir)
	return filepath.Join(dir, name)
}

func TestASchedulesRunsBeginAsTheyFallDue(t *testing.T) {
	out := open(t, "dates")
	state := t.TempDir()
	serveFor(t, scheduled(`echo "$ASHLAR_PARAM_DATE" >> `+out, nil), state, 2600*time.Millisecond)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(b))
	if len(lines) < 2 || len(lines) > 3 {
		t.Errorf("%d runs in 2.6 s", len(lines))
	}
	if _, err := time.Parse(time.DateOnly, lines[0]); err != nil {
		t.Errorf("the date is %q", lines[0])
	}
	if b, err := os.ReadFile(LockFile(state, "ticks")); err != nil || !strings.Contains(string(b), "schema:") {
		t.Errorf("the lock is %q (%v)", b, err)
	}
}

func TestWhatWasMissedIsMadeUpForWhereThePlanSaysSo(t *testing.T) {
	for _, catchup := range []bool{false, true} {
		out := open(t, "runs")
		state := t.TempDir()
		p := scheduled("echo x >> "+out, func(l *plan.Pipeline) { l.Schedule, l.Catchup = "@daily", catchup })
		serveFor(t, p, state, 300*time.Millisecond)
		st, err := OpenState(t.Context(), state, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		long := time.Now().AddDate(0, 0, -5).Truncate(24 * time.Hour).Add(time.Hour)
		err = st.Store.PutRef(t.Context(), "schedules/ticks", []byte(long.Format(time.RFC3339Nano)))
		if err := errors.Join(err, st.Close()); err != nil {
			t.Fatal(err)
		}
		serveFor(t, p, state, 1500*time.Millisecond)
		b, _ := os.ReadFile(out) // none: no run
		got := strings.Count(string(b), "x")
		if catchup && got != 5 {
			t.Errorf("%d runs of five missed days", got)
		}
		if !catchup && got > 1 {
			t.Errorf("%d runs, though nothing is to be made up for", got)
		}
	}
}

func TestConcurrency(t *testing.T) {
	// A run of 1.7 s ends by itself unless the next, a second later, replaces it.
	for policy, want := range map[plan.Concurrency]struct{ ends, leftOut bool }{plan.Forbid: {true, true},
		plan.Replace: {false, false}, plan.Allow: {true, false}} {
		told := serveFor(t, scheduled("sleep 1.7", func(l *plan.Pipeline) { l.Concurrency = policy }),
			t.TempDir(), 3*time.Second)
		if ends, leftOut := strings.Contains(told, "ran 1 stage"),
			strings.Contains(told, "left out"); ends != want.ends || leftOut != want.leftOut {
			t.Errorf("%s: a run ended by itself: %v, one was left out: %v; told %q", policy, ends, leftOut, told)
		}
	}
}

func TestAFailedRunIsToldOf(t *testing.T) {
	got := make(chan map[string]any, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err == nil {
			got <- m
		}
	}))
	defer hook.Close()
	told := serveFor(t, scheduled("echo boom; exit 7", func(l *plan.Pipeline) { l.OnFailure.Webhook = hook.URL }),
		t.TempDir(), 1500*time.Millisecond)
	select {
	case m := <-got:
		if m["pipeline"] != "ticks" || m["stage"] != "tick" || !strings.Contains(m["error"].(string), "boom") ||
			m["trigger"] != "schedule" {
			t.Errorf("told %v", m)
		}
	default:
		t.Errorf("nobody was told; notices: %s", told)
	}
}

func TestAPipelineRunsOnDemand(t *testing.T) {
	s, err := Open(t.Context(), Config{Plan: scheduled("true", nil), Dir: t.TempDir(), State: t.TempDir(),
		Now: time.Now, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	outcomes, err := s.Build(t.Context())
	if err != nil || len(outcomes) != 1 || outcomes[0].Run.Status != run.Succeeded {
		t.Errorf("%v, %v", outcomes, err)
	}
}
