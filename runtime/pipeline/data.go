package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/pyfunc"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// madeData are the artifacts, by path, that the dataset's source lies in; none
// where people brought the data.
func (x *execution) madeData() map[string]artifact.Artifact {
	out := map[string]artifact.Artifact{}
	for _, n := range x.nodes {
		if n.Name != plan.StageIngest {
			continue
		}
		for _, maker := range n.After {
			res, _ := x.record.result(maker)
			for p, a := range res.Files {
				if plan.Feeds(p, x.dataset.Source) {
					out[p] = a
				}
			}
		}
	}
	return out
}

// read says where the dataset is. One that a stage made is laid down first,
// once a run.
func (x *execution) read(ctx context.Context) (dataset.Options, error) {
	x.lazy.Lock()
	defer x.lazy.Unlock()
	return x.readLocked(ctx)
}

func (x *execution) readLocked(ctx context.Context) (dataset.Options, error) {
	opt := dataset.Options{Dir: x.Dir, Workers: x.Workers}
	made := x.madeData()
	if len(made) == 0 {
		return opt, nil
	}
	if x.dataDir == "" {
		dir, err := os.MkdirTemp(x.TempDir, "ashlar-data-*")
		if err != nil {
			return opt, err
		}
		x.dataDir = dir
		for p, a := range made {
			if err := artifact.Lay(ctx, x.Store, a, filepath.Join(dir, filepath.FromSlash(p))); err != nil {
				return opt, fmt.Errorf("dataset %s: %w", x.model.Dataset, err)
			}
		}
	}
	opt.Dir = x.dataDir
	return opt, nil
}

// rows returns the dataset's rows as they may be learnt from, read once a run,
// and makes sure that they are the ones that ingest saw.
func (x *execution) rows(ctx context.Context) (*dataset.Frame, error) {
	x.lazy.Lock()
	defer x.lazy.Unlock()
	if x.frame != nil {
		return x.frame, nil
	}
	if x.dataset.Protects() {
		f, err := x.kept(ctx)
		x.frame = f
		return f, err
	}
	opt, err := x.readLocked(ctx)
	if err != nil {
		return nil, err
	}
	f, err := dataset.ReadAll(ctx, x.dataset, opt)
	var schema *dataset.SchemaError
	if errors.As(err, &schema) {
		err = privacy.SchemaError(x.dataset, schema)
	}
	if err != nil {
		return nil, err
	}
	digest, err := dataset.Digest(ctx, x.dataset, opt)
	if err != nil {
		return nil, err
	}
	if was := x.record.output(plan.StageIngest, "data"); digest != was {
		return nil, &changedError{x.model.Dataset, was, digest}
	}
	x.frame = f
	return f, nil
}

// estimator returns the trained model, from memory or from the store.
func (x *execution) estimator(ctx context.Context) (*model.Model, error) {
	x.lazy.Lock()
	defer x.lazy.Unlock()
	if x.fitted == nil {
		m, err := LoadModel(ctx, x.Store, x.record.output(plan.StageTrain, "model"))
		if err != nil {
			return nil, err
		}
		x.fitted = m
	}
	if x.fitted.Remote != nil && x.server == nil {
		server, err := pyfunc.Start(ctx, x.fitted,
			pyfunc.Config{Store: x.Store, TempDir: x.TempDir, Getenv: x.Getenv,
				Confine: *x.Confine.For(nil, x.closed()...)})
		if err != nil {
			return nil, err
		}
		x.server = server
		if err := x.fitted.Attach(server); err != nil {
			return nil, err
		}
	}
	return x.fitted, nil
}

// learnt keeps the model for the stages that follow.
func (x *execution) learnt(m *model.Model) {
	x.lazy.Lock()
	defer x.lazy.Unlock()
	x.fitted = m
}

// LoadModel reads a model file from the store and verifies its digest.
func LoadModel(ctx context.Context, s *store.Store, digest string) (*model.Model, error) {
	r, err := s.Get(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("model file %s: %w", plan.ShortDigest(digest), err)
	}
	m, err := model.Decode(r)
	if err == nil {
		// The store reports a wrong digest at the end of the object.
		_, err = io.Copy(io.Discard, r)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("model file %s: %w", plan.ShortDigest(digest), err)
	}
	return m, nil
}
