package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// Rows of a dataset with hashed, masked or dropped columns, or with a sample, are read
// by ingest and validate alone. Ingest keeps them as they may go further, and every other
// stage reads what it kept: none of them needs the source or the key.

// keptVersion is that of the code that keeps rows. Version 1 reused the memory of rows
// that it had kept: of a file beyond a few MiB it kept other rows than were read.
const keptVersion = 2

// protection is what the kept rows depend on beside the source's bytes; nil where
// they are not kept.
func (t *table) protection() (*privacy.Guard, map[string]any, error) {
	if !t.recipe.dataset.Keeps() {
		return nil, nil, nil
	}
	g, err := privacy.NewGuard(t.recipe.dataset, t.cfg.Keys.Keyring)
	if err != nil {
		return nil, nil, fmt.Errorf("dataset %s: %w", t.recipe.model.Dataset, err)
	}
	return g, map[string]any{
		"columns": t.recipe.dataset.Columns, "csv": t.recipe.dataset.CSV,
		"format": t.recipe.dataset.Format, "key": g.KeyID(), "kept": keptVersion,
	}, nil
}

// keep reads the dataset and keeps its rows as they may go further. Of data that
// are not as declared none are kept: validate says what is wrong with them.
func (t *table) keep(ctx context.Context, g *privacy.Guard, opt dataset.Options,
	digest string, res *run.Result) error {
	frame, of, err := t.guarded(ctx, g, opt)
	if err != nil {
		return err
	}
	if now, err := dataset.Digest(ctx, t.recipe.dataset, opt); err != nil {
		return err
	} else if now != digest {
		return &changedError{t.recipe.model.Dataset, digest, now}
	}
	res.Outputs = map[string]string{"source": digest}
	if frame != nil && of > 0 {
		res.Detail += fmt.Sprintf(", %d of %s", frame.Rows, plan.Counted(of, "row"))
	}
	if frame != nil {
		if res.Outputs["rows"], err = t.putFrame(ctx, frame); err != nil {
			return fmt.Errorf("keep the rows of dataset %s: %w", t.recipe.model.Dataset, err)
		}
	}
	// What is learnt depends on the rows as they were kept, and the verdict on
	// those of the source.
	if res.Outputs["data"], err = plan.DigestOf(map[string]any{"source": digest,
		"rows": res.Outputs["rows"]}); err != nil {
		return err
	}
	if id := g.KeyID(); id != "" {
		res.Outputs["pseudonym_key"] = id
	}
	return nil
}

func (t *table) putFrame(ctx context.Context, f *dataset.Frame) (string, error) {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Guard()
		_ = w.CloseWithError(f.Encode(w)) // the reader's end hears of it
	}()
	digest, _, err := t.cfg.Store.Put(ctx, r)
	err = errors.Join(err, r.Close())
	<-done
	return digest, err
}

// guarded returns the rows as they may go further, and of a sample from how many they
// were chosen. They are nil where the data are not as declared.
func (t *table) guarded(ctx context.Context, g *privacy.Guard, opt dataset.Options) (_ *dataset.Frame, of int64,
	err error) {
	reader, err := dataset.Open(ctx, t.recipe.dataset, opt)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	var frames []*dataset.Frame
	// Rows are protected before the next ones are read: the source's own values are never in memory as a whole.
	for {
		f, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		kept, err := g.Frame(f)
		if err != nil {
			return nil, 0, fmt.Errorf("dataset %s: %w", t.recipe.model.Dataset, err)
		}
		// The frame is not recycled: columns that are not protected are shared with it.
		frames = append(frames, kept)
	}
	if reader.Problems() != nil || len(frames) == 0 {
		return nil, 0, nil
	}
	all, err := dataset.Concat(frames...)
	return all, reader.SourceRows(), err
}

// kept returns the rows that ingest has kept.
func (t *table) kept(ctx context.Context) (*dataset.Frame, error) {
	digest := t.record.output(plan.StageIngest, "rows")
	if digest == "" {
		return nil, &Finding{
			Summary: fmt.Sprintf("the rows of dataset %s are not what the blueprint declares, so none were kept",
				t.recipe.model.Dataset),
			Fix: "stage validate says what is wrong with them",
		}
	}
	r, err := t.cfg.Store.Get(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("rows of dataset %s: %w", t.recipe.model.Dataset, err)
	}
	f, err := dataset.DecodeFrame(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("rows of dataset %s: %w", t.recipe.model.Dataset, err)
	}
	return f, nil
}

// changedError says that a dataset was not the same all through a run.
type changedError struct{ dataset, was, is string }

func (e *changedError) Error() string {
	return fmt.Sprintf("dataset %s changed while the run was reading it (%s, then %s); run again once it is complete",
		e.dataset, plan.ShortDigest(e.was), plan.ShortDigest(e.is))
}
