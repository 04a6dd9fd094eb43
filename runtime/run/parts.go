package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Parts are the results of a run whose stages several processes run, such as the pods of a workflow. They write no
// record together, for the last one would overwrite what the others wrote: each keeps what its stage came to by itself,
// and whoever ends the run makes the record of the parts and removes them.
type Parts struct {
	Refs     Refs
	Unit, ID string // of the run
}

func (p Parts) ref(stage string) string { return "parts/" + p.Unit + "/" + p.ID + "/" + stage }

// share is the name of one process's share of a stage that fans out. Names of stages have no slash, so that it is not
// the part of another stage.
func (p Parts) share(stage string, index int) string {
	return p.ref(fmt.Sprintf("%s.parts/%d", stage, index))
}

// Save keeps the result of a stage, whether it succeeded or not, in the place of an earlier one.
func (p Parts) Save(ctx context.Context, res *Result) error {
	b, err := json.Marshal(res)
	if err != nil {
		return fmt.Errorf("result of %s: %w", res.Stage, err)
	}
	return p.Refs.PutRef(ctx, p.ref(res.Stage), b)
}

// Result returns what the stage came to. Of a run that has been ended before, whose parts are gone, it is taken from
// the record where the stage has succeeded: whoever runs the stages that failed once more, as retries of Argo and
// Airflow do, leaves the others. It is store.ErrNotFound where the stage has not run, or is to run once more.
func (p Parts) Result(ctx context.Context, stage string) (Result, error) {
	b, err := p.Refs.GetRef(ctx, p.ref(stage))
	if errors.Is(err, store.ErrNotFound) {
		return p.recorded(ctx, stage)
	}
	if err != nil {
		return Result{}, err
	}
	var res Result
	if err := plan.Unmarshal(b, &res); err != nil {
		return Result{}, fmt.Errorf("result of %s: %w", stage, err)
	}
	return res, nil
}

func (p Parts) recorded(ctx context.Context, stage string) (Result, error) {
	r, err := Load(ctx, p.Refs, p.Unit, p.ID)
	if err != nil {
		return Result{}, err
	}
	if res := r.Stage(stage); res != nil && res.Status == Succeeded {
		return *res, nil
	}
	return Result{}, store.ErrNotFound
}

// SaveShare keeps the digest of what one process made of a stage that fans out.
func (p Parts) SaveShare(ctx context.Context, stage string, index int, digest string) error {
	return p.Refs.PutRef(ctx, p.share(stage, index), []byte(digest))
}

// Share returns the digest that SaveShare was given; it is store.ErrNotFound where that process has not ended.
func (p Parts) Share(ctx context.Context, stage string, index int) (digest string, err error) {
	b, err := p.Refs.GetRef(ctx, p.share(stage, index))
	return string(b), err
}

// Names returns the names of all parts that are kept, for Remove.
func (p Parts) Names(ctx context.Context) ([]string, error) { return p.Refs.ListRefs(ctx, p.ref("")) }

// Remove takes the named parts away. It tries all of them, whatever happens to one.
func (p Parts) Remove(ctx context.Context, names []string) error {
	var problems []error
	for _, name := range names {
		problems = append(problems, p.Refs.DeleteRef(ctx, name))
	}
	return errors.Join(problems...)
}
