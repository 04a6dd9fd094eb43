package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain runs the writer that TestAKilledWriterLeavesAValidStore kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ASHLAR_STORE_WRITER"); dir != "" {
		fmt.Fprintln(os.Stderr, writeForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver puts objects, some beyond what is spooled in memory, and after
// each a reference that names it.
func writeForEver(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, dir)
	for i := 0; err == nil; i++ {
		body := bytes.Repeat(fmt.Appendf(nil, "%d of %d ", i, os.Getpid()), 1000+i%3*300000)
		var digest string
		if digest, _, err = s.Put(ctx, bytes.NewReader(body)); err == nil {
			err = s.PutRef(ctx, fmt.Sprintf("done/%d", i%5), []byte(digest))
		}
		fmt.Println("wrote", i)
	}
	return err
}

func TestAKilledWriterLeavesAValidStore(t *testing.T) {
	dir := t.TempDir()
	for i := range 15 {
		killWriter(t, dir, time.Duration(7*i)*time.Millisecond)
	}
	s := open(t, dir)
	names, err := s.ListRefs(t.Context(), "done/")
	if err != nil || len(names) == 0 {
		t.Fatalf("no writer got anywhere, so the test proves nothing: %v", err)
	}
	for _, name := range names {
		digest, err := s.GetRef(t.Context(), name)
		if err != nil {
			t.Errorf("reference: %v", err)
			continue
		}
		if _, err := read(t, s, string(digest)); err != nil {
			t.Errorf("the object that %s names: %v", name, err)
		}
	}
	objects := 0
	for _, p := range files(t, filepath.Join(dir, "objects")) {
		if strings.HasSuffix(p, ".tmp") {
			continue
		}
		objects++
		if _, err := read(t, s, "sha256:"+filepath.Base(filepath.Dir(p))+filepath.Base(p)); err != nil {
			t.Error(err)
		}
	}
	if objects < len(names) {
		t.Errorf("%d objects for %d references", objects, len(names))
	}
}

// killWriter starts a writer, waits for its first object and kills it a while
// later, wherever it is then.
func killWriter(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ASHLAR_STORE_WRITER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("wrote 0\n"))); err != nil {
		t.Errorf("the writer wrote nothing: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	time.Sleep(after)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Errorf("the writer ended by itself: %v", err)
	}
}
