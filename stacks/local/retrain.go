package local

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// retrains are the models that wait to be trained again, each once: drift asks for
// each alert, and one run answers all that were raised before it.
type retrains struct {
	mu    sync.Mutex
	names []string
	wake  chan struct{} // has room for one, so that asking never blocks
}

func newRetrains() *retrains { return &retrains{wake: make(chan struct{}, 1)} }

// ask notes the model. It never blocks: it is called while a window of traffic is
// judged.
func (r *retrains) ask(model string) {
	r.mu.Lock()
	if !slices.Contains(r.names, model) {
		r.names = append(r.names, model)
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it will wake, and finds this one too
	}
}

// take returns all that wait, in the order in which they were asked for.
func (r *retrains) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := r.names
	r.names = nil
	return names
}

// retrainOnDemand trains the models that are asked for, one after another, until
// the context ends.
func (h *server) retrainOnDemand(ctx context.Context) error {
	cfg := h.stack.pipelineConfig()
	cfg.Trigger, cfg.Observe = "drift", nil
	runner, err := pipeline.New(cfg)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.retrains.wake:
		}
		for _, name := range h.retrains.take() {
			if ctx.Err() != nil {
				return nil
			}
			h.stack.cfg.Notice(h.retrain(ctx, runner, name))
		}
	}
}

// retrain runs the model's pipeline once and says what came of it.
func (h *server) retrain(ctx context.Context, runner *pipeline.Runner, name string) string {
	u, err := h.stack.cfg.Plan.UnitOf(name)
	if err != nil {
		return fmt.Sprintf("retraining %s: %v", name, err)
	}
	o, err := h.stack.RunPipeline(ctx, runner, pipeline.Job{Unit: u})
	switch {
	case err != nil:
		return fmt.Sprintf("retraining %s: %v", name, err)
	case !o.New():
		return fmt.Sprintf("retraining %s: the data and the recipe are what version %d was made from, so there is nothing new to learn; add data", name, o.Version.Version)
	default:
		return fmt.Sprintf("retraining %s: version %d is %s", name, o.Version.Version, o.Version.Status)
	}
}
