package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// TestMain runs the writer that other tests start, and sometimes kill.
func TestMain(m *testing.M) {
	if location := os.Getenv("ASHLAR_REGISTRY_WRITER"); location != "" {
		if err := writeVersions(location, os.Getenv("ASHLAR_REGISTRY_NAME"),
			os.Getenv("ASHLAR_REGISTRY_COUNT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeVersions registers, approves and serves one version after the other
// and prints each once it is confirmed.
func writeVersions(location, name, count string) error {
	ctx := context.Background()
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if _, err := Migrate(ctx, location, Options{Now: time.Now}); err != nil {
		return err
	}
	r, err := Open(ctx, location, Options{Now: time.Now})
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

func startWriter(t *testing.T, location, name string, count int) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ASHLAR_REGISTRY_WRITER="+location, "ASHLAR_REGISTRY_NAME="+name,
		fmt.Sprint("ASHLAR_REGISTRY_COUNT=", count))
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
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		var confirmed []string
		for i := range 12 {
			cmd, out := startWriter(t, p.location, "w", 1<<20)
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
			r := p.open(t)
			verify(t, r)
		}
		r := p.open(t)
		vs, err := r.Versions(t.Context(), "m")
		if err != nil {
			t.Fatal(err)
		}
		status := map[string]string{}
		for i, v := range vs {
			status[v.ModelDigest] = v.Status
			if v.Version != len(vs)-i {
				t.Errorf("version %d is where %d should be", v.Version, len(vs)-i)
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
	})
}

func TestSeveralProcessesLoseNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		const writers, count = 3, 15
		var cmds []*exec.Cmd
		for i := range writers {
			cmd, out := startWriter(t, p.location, fmt.Sprint("w", i), count)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			cmds = append(cmds, cmd)
		}
		for _, cmd := range cmds {
			if err := cmd.Wait(); err != nil {
				t.Errorf("a writer failed: %v", err)
			}
		}
		r := p.open(t)
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
	})
}

func TestApproversRaceToOneApprovalEach(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		r := p.open(t)
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
		if v, err := r.Version(t.Context(), "m", 1); err != nil || taken != 20 ||
			len(v.Decisions) != 20 || v.Status != Approved {
			t.Errorf("%d approvals were taken, %d kept, status %s (%v)", taken, len(v.Decisions), v.Status, err)
		}
		verify(t, r)
	})
}
