package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain runs the writer that other tests start, and sometimes kill.
func TestMain(m *testing.M) {
	if file := os.Getenv("ASHLAR_REGISTRY_WRITER"); file != "" {
		if err := writeVersions(file, os.Getenv("ASHLAR_REGISTRY_NAME"), os.Getenv("ASHLAR_REGISTRY_COUNT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeVersions registers, approves and serves one version after the other
// and prints each once it is confirmed.
func writeVersions(file, name, count string) error {
	ctx := context.Background()
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	r, err := Open(ctx, file, Options{Now: time.Now})
	if err != nil {
		return err
	}
	for i := range n {
		c := candidate("m", "1")
		c.ModelDigest = fmt.Sprintf("sha256:%032x%032x", os.Getpid(), i)
		c.RunID = name
		v, err := r.Register(ctx, c)
		if err == nil {
			_, err = r.Approve(ctx, "m", v.Version, Decision{By: "grace", Comment: name})
		}
		if err == nil {
			err = r.RecordServing(ctx, name, "m", v.Version, v.ModelDigest)
		}
		if err != nil {
			return err
		}
		fmt.Println(v.ModelDigest)
	}
	return r.Close()
}

func startWriter(t *testing.T, file, name string, count int) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ASHLAR_REGISTRY_WRITER="+file, "ASHLAR_REGISTRY_NAME="+name, fmt.Sprint("ASHLAR_REGISTRY_COUNT=", count))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func TestAKilledWriterLosesNothingThatWasConfirmed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.db")
	var confirmed []string
	for i := range 12 {
		cmd, out := startWriter(t, file, "w", 1<<20)
		lines := bufio.NewScanner(out)
		lines.Scan() // it is writing by now
		confirmed = append(confirmed, lines.Text())
		time.AfterFunc(time.Duration(11*i)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			confirmed = append(confirmed, lines.Text())
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		r := openFile(t, file)
		verify(t, r)
	}
	r := openFile(t, file)
	vs, err := r.Versions(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	status := map[string]string{}
	for i, v := range vs {
		status[v.ModelDigest] = v.Status
		if v.Version != len(vs)-i {
			t.Errorf("version %d stands where %d should", v.Version, len(vs)-i)
		}
	}
	for _, d := range confirmed {
		if status[d] != Approved {
			t.Errorf("%s was confirmed as approved, and is %q", d, status[d])
		}
	}
	if len(confirmed) < 12 {
		t.Errorf("only %d versions were confirmed by 12 writers", len(confirmed))
	}
}

func TestSeveralProcessesLoseNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "r.db") // they also race to make it
	const writers, count = 3, 15
	var cmds []*exec.Cmd
	for i := range writers {
		cmd, out := startWriter(t, file, fmt.Sprint("w", i), count)
		go func() { _, _ = io.Copy(io.Discard, out) }()
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a writer failed: %v", err)
		}
	}
	r := openFile(t, file)
	vs, err := r.Versions(t.Context(), "m")
	if err != nil || len(vs) != writers*count {
		t.Fatalf("%d versions of %d writers, want %d each (%v)", len(vs), writers, count, err)
	}
	for _, v := range vs {
		if v.Status != Approved || len(v.Decisions) != 1 {
			t.Errorf("version %d is %s with %d decisions", v.Version, v.Status, len(v.Decisions))
		}
	}
	if head, err := r.Head(t.Context()); err != nil || head != 3*writers*count {
		t.Errorf("%d entries, want %d (%v)", head, 3*writers*count, err)
	}
	verify(t, r)
	now, err := r.ServedAt(t.Context(), "", time.Now().Add(time.Hour))
	if err != nil || len(now) != writers {
		t.Errorf("%+v is served by %d writers (%v)", now, writers, err)
	}
}

func TestApproversRaceToOneApprovalEach(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.db")
	r := openFile(t, file)
	c := candidate("m", "1")
	c.Approval.Approvers, c.Approval.Count = nil, 20
	register(t, r, c)
	done := make(chan error)
	for i := range 60 {
		go func() {
			_, err := r.Approve(t.Context(), "m", 1, Decision{By: fmt.Sprint("p", i%20)})
			done <- err
		}()
	}
	taken := 0
	for range 60 {
		switch err := <-done; {
		case err == nil:
			taken++
		case !errors.Is(err, ErrRepeated) && !errors.Is(err, ErrApproved):
			t.Error(err)
		}
	}
	if v, err := r.Version(t.Context(), "m", 1); err != nil || taken != 20 || len(v.Decisions) != 20 || v.Status != Approved {
		t.Errorf("%d approvals were taken, %d kept, status %s (%v)", taken, len(v.Decisions), v.Status, err)
	}
	verify(t, r)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer ? #1%.db")
	r := openFile(t, newer)
	if _, err := r.db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(newer); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
	for location, want := range map[string]string{
		"": "no location", garbage: "not a database", newer: "newer Ashlar", filepath.Join(garbage, "r.db"): "not a directory",
		"postgres://user:secret@host/db": "only SQLite",
	} {
		_, err := Open(t.Context(), location, Options{Now: clock()})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want it to say %q", location, err, want)
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "x.db"), Options{}); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("without a clock: %v", err)
	}
}
