//go:build unix

package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// TestMain runs the process that TestAThousandKills kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ASHLAR_PIPELINE_VICTIM"); dir != "" {
		n, err := strconv.Atoi(os.Getenv("ASHLAR_PIPELINE_EDIT"))
		if err == nil {
			_, err = victim(dir, n)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// victim runs the diamond, with the n-th edit, on the state in dir.
func victim(dir string, n int) (*run.Run, error) {
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "store"))
	if err != nil {
		return nil, err
	}
	reg, err := registry.Open(ctx, filepath.Join(dir, "r.db"), registry.Options{Now: time.Now})
	if err != nil {
		return nil, err
	}
	p := line(diamond(), withDepth(float64(n)))
	r, err := New(Config{Plan: p, Dir: dir, Store: s, Registry: reg, TempDir: filepath.Join(dir, "tmp"),
		Getenv: os.Getenv, Now: time.Now})
	if err != nil {
		return nil, err
	}
	record, err := r.Do(ctx, Job{Unit: plan.Unit{Pipeline: "l"}})
	return record, errors.Join(err, reg.Close(), s.Close())
}

// TestAThousandKills ends a run with SIGKILL at many moments of its life: a
// thousand among the integration tests, fewer elsewhere.
// After each the state is whole: every record can be read, no result is there
// without what it names, and a rerun gives what an undisturbed run gives.
func TestAThousandKills(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.txt"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := victim(dir, 0); err != nil {
		t.Fatal(err)
	}
	took := max(time.Since(began), 10*time.Millisecond)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's own randomness
	early, n := 0, 0
	for ; early < kills; n++ {
		if n > 20*kills {
			t.Fatalf("only %d of %d runs were killed before they ended", early, n)
		}
		if killed(t, dir, n+1, time.Duration(r.Int64N(int64(took*5/4)))) {
			early++
		}
		if n%20 == 0 {
			whole(t, dir, n+1)
		}
	}
	t.Logf("%d runs were killed, %d had ended", early, n-early)
}

// killed runs the n-th edit in a process of its own and ends it after the
// delay. It reports whether that came before the process had ended.
func killed(t *testing.T, dir string, n int, delay time.Duration) bool {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "ASHLAR_PIPELINE_VICTIM="+dir, "ASHLAR_PIPELINE_EDIT="+strconv.Itoa(n))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = c.Process.Kill() })
	err := c.Wait()
	timer.Stop()
	if err != nil && c.ProcessState.Exited() {
		t.Fatalf("run %d failed: %v", n, err)
	}
	return err != nil
}

// whole checks the state and that a rerun of the n-th edit completes it.
func whole(t *testing.T, dir string, n int) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := s.ListRefs(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := s.GetRef(ctx, name)
		if err != nil {
			t.Fatalf("after kill %d: %v", n, err)
		}
		var c cache.Entry
		if name[:4] != "stag" || json.Unmarshal(b, &c) != nil {
			continue
		}
		for path, a := range c.Files {
			if _, err := s.GetBytes(ctx, a.Digest, 1<<20); err != nil {
				t.Fatalf("after kill %d: %s of %s: %v", n, path, name, err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := victim(dir, n)
	if err != nil {
		t.Fatalf("the rerun after kill %d: %v", n, err)
	}
	fresh := t.TempDir()
	if err := os.WriteFile(filepath.Join(fresh, "in.txt"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := victim(fresh, n)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(results(got), results(want)) {
		t.Fatalf("after kill %d the rerun made %v, an undisturbed run %v", n, results(got), results(want))
	}
}
