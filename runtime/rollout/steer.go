package rollout

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/release"
)

// steered does what people decided since it last looked, by the changes of a Rollout's
// status that its own command line makes. What cannot be done is logged: the audit log
// has who asked for it.
func (r *Releaser) steered(ctx context.Context, name string, st *release.State, at Standing) error {
	if st.Decided == 0 && st.Current == nil {
		return nil // there was no release yet
	}
	wanted, head, err := r.cfg.Registry.Releases().Steered(ctx, name, st.Decided)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if err := r.steer(ctx, name, st, at, w.What, w.Version); err != nil {
			r.cfg.Log.Warn("release is not steered", "endpoint", name, "what", w.What, "by", w.By, "error", err)
		}
		st.Decided = w.Seq
	}
	st.Decided = head
	return nil
}

func (r *Releaser) steer(ctx context.Context, name string, st *release.State, at Standing, what string,
	version int) error {
	if what == release.WantRetry {
		return st.Retry(version)
	}
	c := st.Current
	if c == nil || c.Over() || version != 0 && version != c.To.Version {
		return fmt.Errorf("no release of version %d is under way", version)
	}
	if len(at.Steps) == 0 && c.Strategy != "blueGreen" {
		return fmt.Errorf("a %s update has no steps", c.Strategy)
	}
	switch what {
	case release.WantAbort:
		return r.cfg.Workloads.Steer(ctx, name, map[string]any{"abort": true})
	case release.WantFull:
		return r.cfg.Workloads.Steer(ctx, name, map[string]any{"promoteFull": true, "pauseConditions": nil})
	case release.WantPromote:
		// A pause is ended; anything else that a step waits for is left by its number.
		status := map[string]any{"pauseConditions": nil, "controllerPause": false}
		if at.Phase != release.Waiting && len(at.Steps) > 0 {
			status["currentStepIndex"] = min(at.Step+1, len(at.Steps))
		}
		return r.cfg.Workloads.Steer(ctx, name, status)
	}
	return fmt.Errorf("%q is not known", what)
}
