package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// TestMain runs the process that other tests start and kill.
func TestMain(m *testing.M) {
	what := os.Getenv("ASHLAR_BACKUP_TEST")
	if what == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background(), what, os.Getenv("ASHLAR_BACKUP_STACK"),
		os.Getenv("ASHLAR_BACKUP_PLACE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child makes a backup or a restore, and kills itself once so many objects are done.
func child(ctx context.Context, what, dir, at string) error {
	s, err := openStack(ctx, dir)
	if err != nil {
		return err
	}
	place, err := store.Open(ctx, at)
	if err != nil {
		return err
	}
	kill, _ := strconv.Atoi(os.Getenv("ASHLAR_BACKUP_KILL")) // none: it is not killed
	progress := func(done, _ int) {
		if done == kill {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	}
	if what == "make" {
		_, err = Make(ctx, Config{Place: place, Store: s.store, Registry: s.registry,
			Now: time.Now, Progress: progress})
	} else {
		_, err = Restore(ctx, Target{Place: place, Store: s.store, Registry: s.registry, Progress: progress})
	}
	return errors.Join(err, s.registry.Close())
}

// start starts a child; after is when it is killed from outside, 0: not.
func start(t *testing.T, what, dir, at string, objects int, after time.Duration) (killed bool) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "ASHLAR_BACKUP_TEST="+what, "ASHLAR_BACKUP_STACK="+dir, "ASHLAR_BACKUP_PLACE="+at,
		fmt.Sprint("ASHLAR_BACKUP_KILL=", objects))
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		defer time.AfterFunc(after, func() { _ = c.Process.Kill() }).Stop()
	}
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
		t.Fatalf("%s: %v", what, err)
	}
	return err != nil
}

// grown is a stack with some models and larger objects.
func grown(t *testing.T, dir string) stack {
	t.Helper()
	s := newStack(t, dir)
	for n := range 10 {
		s.model(t, n)
		s.put(t, strings.Repeat(fmt.Sprint("part ", n), 1<<18))
	}
	return s
}

func TestAKilledBackupIsNoneAndTheNextGoesOn(t *testing.T) {
	root := t.TempDir()
	s := grown(t, filepath.Join(root, "stack"))
	at := filepath.Join(root, "place")
	place := newPlace(t, at)
	kills := 0
	for i, objects := range []int{1, 2, 13, 39, 40} { // of 40
		if !start(t, "make", filepath.Join(root, "stack"), at, objects, 0) {
			t.Fatalf("kill %d: it ended by itself", i)
		}
		kills++
		if all, err := List(t.Context(), place); err != nil || len(all) != 0 {
			t.Fatalf("a killed backup is one: %v (%v)", all, err)
		}
	}
	made := s.backup(t, place)
	if made.Copied > 8 { // what was under way at the last kill
		t.Errorf("%d objects are copied after %d kills", made.Copied, kills)
	}
	if _, err := Verify(t.Context(), Check{Place: place, TempDir: t.TempDir(), Now: time.Now}); err != nil {
		t.Error(err)
	}
}

func TestAKilledRestoreIsRunAgain(t *testing.T) {
	root := t.TempDir()
	s := grown(t, filepath.Join(root, "stack"))
	at := filepath.Join(root, "place")
	s.backup(t, newPlace(t, at))
	want := s.state(t)
	dir := filepath.Join(root, "other")
	began := time.Now()
	for i, objects := range []int{1, 2, 13, 39, 40} {
		if !start(t, "restore", dir, at, objects, 0) {
			t.Fatalf("kill %d: it ended by itself", i)
		}
		// What is there is whole, and the registry is not there before the rest is.
		other := newStack(t, dir)
		if err := other.registry.Empty(t.Context()); err != nil {
			t.Error(err)
		}
		other.state(t)
		_ = other.registry.Close()
	}
	// At any moment, also while references and rows are written.
	took, kills := time.Since(began)/5, 0
	for i := range 12 {
		if start(t, "restore", dir, at, 0, took*time.Duration(i+1)/12) {
			kills++
		}
	}
	if kills < 3 {
		t.Errorf("only %d of 12 restores were killed", kills)
	}
	if start(t, "restore", dir, at, 0, 0) {
		t.Fatal("the last restore was killed")
	}
	same(t, newStack(t, dir).state(t), want)
}
