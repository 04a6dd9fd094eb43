package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// maxObject bounds a JSON object that a stage reads back.
const maxObject = 64 << 20

// execution is one run under way. The frame and the model are read when a
// stage first needs them, so that a run in which everything is reused reads
// neither.
type execution struct {
	Config
	planDigest string
	rules      *govern.Rules
	recipe
	run *Run

	count  int // of stages
	frame  *dataset.Frame
	fitted *model.Model
}

// step runs one stage, or takes its result from the store.
func (x *execution) step(ctx context.Context, index int, s stage) error {
	began := x.Now()
	res := Result{Stage: s.name, Status: Running, Started: began.UTC()}
	x.run.Stages = append(x.run.Stages, res)
	emit := func(kind EventKind, detail string) {
		x.Observe(Event{Kind: kind, Model: x.name, Stage: s.name, Index: index, Count: x.count, Detail: detail, Elapsed: x.Now().Sub(began)})
	}
	emit(Started, "")
	err := x.resolve(ctx, s, &res)
	res.Duration = x.Now().Sub(began)
	res.Status = Succeeded
	if err != nil {
		res.Status, res.Error = Failing, err.Error()
	}
	x.run.Stages[index] = res
	switch {
	case err != nil:
		emit(Failed, err.Error())
	case res.Reused:
		emit(Reused, res.Detail)
	default:
		emit(Done, res.Detail)
	}
	x.Log.Info("stage", "model", x.name, "stage", s.name, "status", string(res.Status), "reused", res.Reused, "duration", res.Duration)
	return err
}

// resolve fills in the result from the store where its key is known there, or
// else by running the stage and keeping what it made.
func (x *execution) resolve(ctx context.Context, s stage, res *Result) error {
	in, err := x.inputs(ctx, s)
	if err != nil {
		return err
	}
	if in == nil {
		return s.run(ctx, x, res)
	}
	res.Key, err = plan.DigestOf(map[string]any{"stage": s.name, "version": s.version, "inputs": in})
	if err != nil {
		return err
	}
	if x.lookup(ctx, res) {
		return nil
	}
	if err := s.run(ctx, x, res); err != nil {
		return err
	}
	return x.remember(ctx, res)
}

// cached is a result as later runs take it over.
type cached struct {
	MadeAt  time.Time          `json:"made_at"`
	Detail  string             `json:"detail"`
	Outputs map[string]string  `json:"outputs"`
	Metrics map[string]float64 `json:"metrics,omitempty"`
	Objects []string           `json:"objects"` // outputs that are objects in the store
}

func stageRef(res *Result) string { return "stages/" + res.Stage + "/" + res.Key[len("sha256:"):] }

// lookup takes the result from the store. A result whose objects are gone is
// no result: the stage runs again and makes them anew.
func (x *execution) lookup(ctx context.Context, res *Result) bool {
	b, err := x.Store.GetRef(ctx, stageRef(res))
	if err != nil {
		return false
	}
	var c cached
	if json.Unmarshal(b, &c) != nil {
		return false
	}
	for _, name := range c.Objects {
		if ok, err := x.Store.Has(ctx, c.Outputs[name]); err != nil || !ok {
			return false
		}
	}
	res.Reused, res.MadeAt, res.Detail, res.Outputs, res.Metrics = true, c.MadeAt, c.Detail, c.Outputs, c.Metrics
	return true
}

func (x *execution) remember(ctx context.Context, res *Result) error {
	res.MadeAt = x.Now().UTC()
	c := cached{MadeAt: res.MadeAt, Detail: res.Detail, Outputs: res.Outputs, Metrics: res.Metrics, Objects: []string{}}
	for name, digest := range res.Outputs {
		if ok, _ := x.Store.Has(ctx, digest); ok {
			c.Objects = append(c.Objects, name)
		}
	}
	b, err := plan.Canonical(c)
	if err != nil {
		return err
	}
	return x.Store.PutRef(ctx, stageRef(res), b)
}

// put keeps v as canonical JSON and notes its digest as the named output.
func (x *execution) put(ctx context.Context, res *Result, name string, v any) error {
	b, err := plan.Canonical(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return x.putBytes(ctx, res, name, b)
}

func (x *execution) putBytes(ctx context.Context, res *Result, name string, b []byte) error {
	digest, _, err := x.Store.Put(ctx, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	if res.Outputs == nil {
		res.Outputs = map[string]string{}
	}
	res.Outputs[name] = digest
	return nil
}

// get reads an object that an earlier stage kept.
func (x *execution) get(ctx context.Context, stage, name string, v any) error {
	return ReadJSON(ctx, x.Store, x.run.Output(stage, name), v)
}

// ReadJSON decodes the JSON object with that digest.
func ReadJSON(ctx context.Context, s *store.Store, digest string, v any) error {
	if digest == "" {
		return errors.New("no digest of an object to read")
	}
	r, err := s.Get(ctx, digest)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxObject))
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	return json.Unmarshal(b, v)
}

// rows returns the dataset's rows, read once a run, and makes sure that they
// are the ones that ingest saw.
func (x *execution) rows(ctx context.Context) (*dataset.Frame, error) {
	if x.frame != nil {
		return x.frame, nil
	}
	f, err := dataset.ReadAll(ctx, x.dataset, x.read())
	if err != nil {
		return nil, err
	}
	digest, err := dataset.Digest(ctx, x.dataset, x.read())
	if err != nil {
		return nil, err
	}
	if was := x.run.Output(ingest.name, "data"); digest != was {
		return nil, fmt.Errorf("dataset %s changed while the run was reading it (%s, then %s); run again once it is complete", x.model.Dataset, short(was), short(digest))
	}
	x.frame = f
	return f, nil
}

func (x *execution) read() dataset.Options { return dataset.Options{Dir: x.Dir, Workers: x.Workers} }

// estimator returns the trained model, from memory or from the store.
func (x *execution) estimator(ctx context.Context) (*model.Model, error) {
	if x.fitted == nil {
		m, err := LoadModel(ctx, x.Store, x.run.Output(training.name, "model"))
		if err != nil {
			return nil, err
		}
		x.fitted = m
	}
	return x.fitted, nil
}

// LoadModel reads a model file from the store and verifies its digest.
func LoadModel(ctx context.Context, s *store.Store, digest string) (*model.Model, error) {
	r, err := s.Get(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("model file %s: %w", short(digest), err)
	}
	m, err := model.Decode(r)
	if err == nil {
		// The store reports a wrong digest at the end of the object.
		_, err = io.Copy(io.Discard, r)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("model file %s: %w", short(digest), err)
	}
	return m, nil
}

// short abbreviates a digest for people.
func short(digest string) string {
	const n = len("sha256:") + 12
	if len(digest) > n {
		return digest[:n]
	}
	return digest
}
