package review

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// maxRecorded bounds what is read of one plan's resources.
const maxRecorded = 64 << 20

// recorder asks the Pulumi program for the resources of plans. The program is
// started by the first question, and answers while others are still asked.
//
// Questions are JSON lines, a plan each, with a key that the answer repeats.
type recorder struct {
	program string // path; "": questions are only noted
	stderr  io.Writer

	// mu guards these. It is held while a question is written, which may wait until
	// answers have been read: the reader of answers never takes it.
	mu    sync.Mutex
	asked bool
	cmd   *exec.Cmd
	in    io.WriteCloser

	sides sync.Map // of *side, by key

	// The reader of answers owns these until it closes done.
	done chan struct{}
	note string // why something is not recorded
	err  error
}

// ask asks for the resources of a side, which has them once end has returned.
func (r *recorder) ask(ctx context.Context, key string, s *side) error {
	line, err := json.Marshal(map[string]any{"key": key, "plan": json.RawMessage(s.text)})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = true
	if r.program == "" {
		return nil
	}
	if r.cmd == nil {
		if err := r.start(ctx); err != nil {
			return fmt.Errorf("%s record: %w", filepath.Base(r.program), err)
		}
	}
	r.sides.Store(key, s)
	if _, err := r.in.Write(append(line, '\n')); err != nil {
		// The program has ended before its time, and end knows why.
		return ctx.Err()
	}
	return nil
}

// start starts the program. The caller holds mu.
func (r *recorder) start(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, r.program, "record") //nolint:gosec // whoever runs the CLI names the program
	cmd.Stderr = r.stderr
	// An interrupt lets the program end its own processes; a kill would not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r.cmd, r.in, r.done = cmd, in, make(chan struct{})
	go func() {
		defer close(r.done)
		defer crash.Guard()
		r.err = r.answers(out)
		_, copied := io.Copy(io.Discard, out) // so that the program is not held up
		r.err = errors.Join(r.err, copied)
	}()
	return nil
}

// answers gives each side its resources. A plan that AWS cannot deploy is noted.
// Answers may come in any order. One side without resources leaves both out of the
// comparison.
func (r *recorder) answers(out io.Reader) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 1<<20), maxRecorded)
	for lines.Scan() {
		var a struct {
			Key       string
			Resources []consequence.Resource
			Error     string
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		asked, _ := r.sides.Load(a.Key)
		s, ok := asked.(*side)
		switch {
		case !ok:
			return fmt.Errorf("record: an answer for %q, which was not asked", a.Key)
		case a.Error != "":
			r.note = "infrastructure, permissions and cost are not compared where AWS cannot deploy the plan: " +
				strings.Join(strings.Fields(a.Error), " ")
		default:
			// Never nil, so that a plan without resources differs from one not recorded.
			s.Resources = append([]consequence.Resource{}, a.Resources...)
		}
	}
	return lines.Err()
}

// end waits for the answers. The note says why some have no resources.
func (r *recorder) end() (note string, err error) {
	if r.cmd == nil {
		return "", nil
	}
	_ = r.in.Close() // the program may have ended before
	<-r.done
	if err := r.cmd.Wait(); err != nil {
		return "", fmt.Errorf("%s record: %w", filepath.Base(r.program), err)
	}
	return r.note, r.err
}

// abandon waits for the program after the context that it was started with has been
// cancelled. That it was interrupted is no error.
func (r *recorder) abandon() {
	if r.cmd == nil {
		return
	}
	_ = r.in.Close() // the program may have ended before
	<-r.done
	_ = r.cmd.Wait() // it was interrupted
}
