package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
)

// table is the dataset that a run learns from: where it is, and its rows as they may be learnt from, which are read
// when a stage first asks for them, so that a run in which everything is reused reads nothing. It is safe for
// concurrent use.
type table struct {
	cfg    Config
	recipe *recipe
	record *journal

	mu    sync.Mutex // guards what follows
	dir   string     // where a dataset that a stage made is laid down; "" where none is yet
	frame *dataset.Frame
}

// close removes what was laid down. No stage may run any more.
func (t *table) close() {
	if t.dir != "" {
		_ = os.RemoveAll(t.dir) // what is left of it harms nobody
	}
}

// made are the artifacts, by path, that the dataset's source lies in; none
// where people brought the data.
func (t *table) made() map[string]artifact.Artifact {
	out := map[string]artifact.Artifact{}
	for _, n := range t.recipe.nodes {
		if n.Name != plan.StageIngest {
			continue
		}
		for _, maker := range n.After {
			res, _ := t.record.result(maker)
			for p, a := range res.Files {
				if plan.Feeds(p, t.recipe.dataset.Source) {
					out[p] = a
				}
			}
		}
	}
	return out
}

// options say where the dataset is. One that a stage made is laid down first,
// once a run.
func (t *table) options(ctx context.Context) (dataset.Options, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.place(ctx)
}

// place is options where t.mu is held.
func (t *table) place(ctx context.Context) (dataset.Options, error) {
	opt := dataset.Options{Dir: t.cfg.Dir, Workers: t.cfg.Workers, Seed: t.recipe.seed}
	made := t.made()
	if len(made) == 0 {
		return opt, nil
	}
	// A dataset that people brought is read where it is; one that a stage made is in the store.
	if t.dir == "" {
		dir, err := os.MkdirTemp(t.cfg.TempDir, "ashlar-data-*")
		if err != nil {
			return opt, err
		}
		t.dir = dir
		for p, a := range made {
			if err := artifact.Lay(ctx, t.cfg.Store, a, filepath.Join(dir, filepath.FromSlash(p))); err != nil {
				return opt, fmt.Errorf("dataset %s: %w", t.recipe.model.Dataset, err)
			}
		}
	}
	opt.Dir = t.dir
	return opt, nil
}

// rows returns the dataset's rows as they may be learnt from, read once a run,
// and makes sure that they are the ones that ingest saw.
func (t *table) rows(ctx context.Context) (*dataset.Frame, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frame != nil {
		return t.frame, nil
	}
	if t.recipe.dataset.Keeps() {
		f, err := t.kept(ctx)
		t.frame = f
		return f, err
	}
	opt, err := t.place(ctx)
	if err != nil {
		return nil, err
	}
	f, err := dataset.ReadAll(ctx, t.recipe.dataset, opt)
	var schema *dataset.SchemaError
	if errors.As(err, &schema) {
		err = privacy.SchemaError(t.recipe.dataset, schema)
	}
	if err != nil {
		return nil, err
	}
	// After reading, not before it: a file that is written to while it is read is noticed.
	digest, err := dataset.Digest(ctx, t.recipe.dataset, opt)
	if err != nil {
		return nil, err
	}
	if was := t.record.output(plan.StageIngest, "data"); digest != was {
		return nil, &changedError{t.recipe.model.Dataset, was, digest}
	}
	t.frame = f
	return f, nil
}

// fileParts is into how many parts the dataset is really cut: a file is not
// divided.
func (t *table) fileParts(ctx context.Context, parts int) (int, error) {
	opt, err := t.options(ctx)
	if err != nil {
		return 0, err
	}
	files, err := dataset.Files(ctx, t.recipe.dataset, opt)
	return max(1, min(parts, files)), err
}

// source says which bytes the dataset is, and how many; 0 of one that a stage makes.
func (t *table) source(ctx context.Context) (map[string]any, int64, error) {
	if made := t.made(); len(made) > 0 {
		digests := map[string]string{}
		for p, a := range made {
			digests[p] = a.Digest
		}
		return map[string]any{"made": digests}, 0, nil
	}
	opt, err := t.options(ctx)
	if err != nil {
		return nil, 0, err
	}
	digest, size, err := dataset.Measure(ctx, t.recipe.dataset, opt)
	return map[string]any{"data": digest}, size, err
}
