package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/train"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// A stage that fans out is done by several processes, each a part of it, and by
// one more that takes the parts over. What comes of it is what one process
// would have made, to the byte, so that its key is the same and nobody after it
// can tell.

// maxTried bounds what one process tells of the trials that it made, in bytes.
const maxTried = 64 << 20

// fans are the stages that fan out, each with how a part of it is done.
func fans() map[string]func(context.Context, *execution, dataset.Part, io.Writer) error {
	return map[string]func(context.Context, *execution, dataset.Part, io.Writer) error{
		plan.StageValidate: validatePart, plan.StageTrain: searchPart,
	}
}

// doPart does one part of the stage and keeps it for whoever takes the parts over.
func (x *execution) doPart(ctx context.Context, stage string, part dataset.Part) error {
	do, ok := fans()[stage]
	if !ok {
		return fmt.Errorf("stage %s does not fan out", stage)
	}
	// What a part makes may be larger than memory, so it goes into the store while it is made.
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Guard()
		_ = w.CloseWithError(do(ctx, x, part, w)) // the reader's end hears of it
	}()
	digest, _, err := x.Store.Put(ctx, r)
	err = errors.Join(err, r.Close())
	<-done
	if err != nil {
		return fmt.Errorf("part %d of %d: %w", part.Index+1, part.Of, err)
	}
	return x.parts().SaveShare(ctx, stage, part.Index, digest)
}

// takenParts opens the parts that other processes have done. The function
// closes them.
func (x *execution) takenParts(ctx context.Context, stage string) ([]io.Reader, func(), error) {
	var out []io.Reader
	var open []io.Closer
	closeAll := func() {
		for _, c := range open {
			_ = c.Close() // only read
		}
	}
	for i := range x.job.Parts {
		digest, err := x.parts().Share(ctx, stage, i)
		if errors.Is(err, store.ErrNotFound) {
			err = &UndoneError{stage, fmt.Sprintf("its part %d of %d", i+1, x.job.Parts)}
		}
		var r io.ReadCloser
		if err == nil {
			r, err = x.Store.Get(ctx, digest)
		}
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		out, open = append(out, r), append(open, r)
	}
	return out, closeAll, nil
}

func (x *execution) validateOptions() validate.Options {
	return validate.Options{Dataset: x.model.Dataset, TempDir: x.TempDir, Profile: true}
}

func validatePart(ctx context.Context, x *execution, part dataset.Part, w io.Writer) (err error) {
	opt, err := x.table.options(ctx)
	if err != nil {
		return err
	}
	if part.Of, err = x.table.fileParts(ctx, part.Of); err != nil || part.Index >= part.Of {
		return err // a part without a file is nothing
	}
	opt.Part = part
	reader, err := dataset.Open(ctx, x.dataset, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return validate.RunPart(ctx, reader, x.dataset, part, x.validateOptions(), w)
}

// report validates the dataset, or merges what other processes have counted.
func (x *execution) report(ctx context.Context) (_ *validate.Report, err error) {
	if x.job.Parts > 0 {
		parts, done, err := x.takenParts(ctx, plan.StageValidate)
		if err != nil {
			return nil, err
		}
		defer done()
		n, err := x.table.fileParts(ctx, len(parts))
		if err != nil {
			return nil, err
		}
		return validate.Merge(ctx, x.dataset, x.validateOptions(), parts[:n]...)
	}
	opt, err := x.table.options(ctx)
	if err != nil {
		return nil, err
	}
	reader, err := dataset.Open(ctx, x.dataset, opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return validate.Run(ctx, reader, x.dataset, x.validateOptions())
}

func searchPart(ctx context.Context, x *execution, part dataset.Part, w io.Writer) error {
	frame, err := x.table.rows(ctx)
	if err != nil {
		return err
	}
	spec, err := x.spec()
	if err != nil {
		return err
	}
	tried, err := train.SearchPart(ctx, spec, frame, part, train.Options{Workers: x.Workers})
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(tried)
}

// tried are the trials of a search that other processes have tried.
func (x *execution) tried(ctx context.Context) ([]train.Tried, error) {
	if x.job.Parts == 0 {
		return nil, nil
	}
	parts, done, err := x.takenParts(ctx, plan.StageTrain)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []train.Tried
	for i, r := range parts {
		b, err := plan.ReadAll(r, "it", maxTried)
		var one []train.Tried
		if err == nil {
			err = plan.Unmarshal(b, &one)
		}
		if err != nil {
			return nil, fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
		}
		out = append(out, one...)
	}
	return out, nil
}
