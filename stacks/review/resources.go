package review

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// maxRecorded bounds what is read of one plan's resources.
const maxRecorded = 64 << 20

// record asks the Pulumi program which resources the plans that changed come
// to. Where the program is not available, the answer is what to say of that.
// Questions are JSON lines, a plan each, with a key that the answer repeats. Plans
// whose difference cannot change a resource are not asked about: the program
// evaluates a whole stack for each.
func (c *comparison) record(ctx context.Context, all []pair) (note string, err error) {
	sides := map[string]*consequence.Side{}
	var questions bytes.Buffer
	enc := json.NewEncoder(&questions)
	for i, p := range all {
		for env, is := range p.after {
			was := p.before[env]
			base, head, err := digests(was, is)
			if err != nil {
				return "", err
			}
			// A plan without a counterpart has nothing to be compared with, and the
			// overlay of previews is deployed nowhere.
			if was == nil || env == plan.PreviewOverlay || base == head ||
				c.Environment != "" && c.Environment != env ||
				reflect.DeepEqual(resourceful(was.Plan), resourceful(is.Plan)) {
				continue
			}
			for which, side := range map[string]*consequence.Side{"base": was, "head": is} {
				key := fmt.Sprintf("%d/%s/%s", i, env, which)
				sides[key] = side
				text, err := side.Plan.Encode() // which says of what format it is
				if err != nil {
					return "", err
				}
				if err := enc.Encode(map[string]any{"key": key, "plan": json.RawMessage(text)}); err != nil {
					return "", err
				}
			}
		}
	}
	if len(sides) == 0 {
		return "", nil
	}
	if c.Program == "" {
		return c.NoProgram, nil
	}
	cmd := exec.CommandContext(ctx, c.Program, "record") //nolint:gosec // whoever runs the CLI names the program
	cmd.Stdin, cmd.Stderr = &questions, c.Stderr
	// An interrupt lets the program end its own processes; a kill would not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("%s record: %w", filepath.Base(c.Program), err))
	}
	return take(sides, out)
}

// resourceful is the plan without what changes no resource but the plan's own
// ConfigMap: how models are made and held, and what is expected of data. That
// it changes none is what tests/record holds.
// What it leaves out has to be exact: a field that does change resources would make
// a change of infrastructure go unreported.
func resourceful(p *plan.Plan) plan.Plan {
	out := *p
	out.Policies, out.Pins, out.Seed, out.Description = nil, nil, 0, ""
	out.Datasets, out.Models = maps.Clone(p.Datasets), maps.Clone(p.Models)
	for name, d := range out.Datasets {
		d.Columns, d.Expect, d.CSV, d.Description, d.Sample = nil, nil, plan.CSVOptions{}, "", 0
		out.Datasets[name] = d
	}
	for name, m := range out.Models {
		out.Models[name] = plan.Model{Dataset: m.Dataset}
	}
	return out
}

// take gives each side its resources. A plan that AWS cannot deploy is reported.
// Answers may come in any order. One side without resources leaves both out of the
// comparison.
func take(sides map[string]*consequence.Side, out []byte) (note string, err error) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(make([]byte, 1<<20), maxRecorded)
	for lines.Scan() {
		var a struct {
			Key       string
			Resources []consequence.Resource
			Error     string
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return "", fmt.Errorf("record: %w", err)
		}
		side := sides[a.Key]
		switch {
		case side == nil:
			return "", fmt.Errorf("record: an answer for %q, which was not asked", a.Key)
		case a.Error != "":
			note = "infrastructure, permissions and cost are not compared where AWS cannot deploy the plan: " +
				strings.Join(strings.Fields(a.Error), " ")
		default:
			// Never nil, so that a plan without resources differs from one not recorded.
			side.Resources = append([]consequence.Resource{}, a.Resources...)
		}
	}
	return note, lines.Err()
}
