package custom

import (
	"context"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
)

// collect keeps what the stage says that it makes. All that is missing is told
// at once.
func (r *Runner) collect(ctx context.Context, s *plan.Stage, work string, made *Made) error {
	made.Files = map[string]artifact.Artifact{}
	// No half of a result is kept under a key: what was put into the store before an error is collected later.
	var missing []string
	for _, p := range s.Made() {
		a, err := artifact.Keep(ctx, r.cfg.Store, work, p)
		if artifact.IsMissing(err) {
			missing = append(missing, p)
			continue
		}
		if err != nil {
			return err
		}
		made.Files[p] = a
	}
	if len(missing) > 0 {
		return fmt.Errorf("the command succeeded but has not made %s; write it there, or take it out of outs, metrics or plots", strings.Join(missing, ", "))
	}
	if len(s.Metrics) > 0 {
		made.Metrics = map[string]float64{}
	}
	// The files are read once more, from the folder: nothing has run there since they were kept.
	for _, p := range s.Metrics {
		b, err := artifact.Read(work, s.At(p), maxMetrics)
		if err != nil {
			return err
		}
		if err := readMetrics(made.Metrics, s.At(p), b, len(s.Metrics) > 1); err != nil {
			return err
		}
	}
	return nil
}
