package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/lockfile"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// The lock of a pipeline is a dvc.lock of schema 2.0 over its own stages: what
// each has read and made, so that a review shows data that moved and DVC's own
// tools can read it. Ashlar itself goes by the store.

func lockRef(pipeline string) string { return "locks/" + pipeline }

// Lock returns the pipeline's lock as its last run left it; it is
// store.ErrNotFound where none has ended.
func Lock(ctx context.Context, s *store.Store, pipeline string) (lockfile.File, error) {
	var f lockfile.File
	b, err := s.GetRef(ctx, lockRef(pipeline))
	if err != nil {
		return f, err
	}
	if err := plan.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("the lock of %s is from another version of Ashlar; the next run of it makes one: %w",
			pipeline, err)
	}
	return f, nil
}

// lock keeps the lock where the run has changed it. Stages that have not
// succeeded keep what they had.
func (x *execution) lock(ctx context.Context) error {
	if len(x.line.Stages) == 0 {
		return nil
	}
	file := lockfile.File{Schema: "2.0", Stages: map[string]lockfile.Stage{}}
	was, _ := x.Store.GetRef(ctx, lockRef(x.Pipeline)) // none yet, or damaged: it is made again
	var before lockfile.File
	if plan.Unmarshal(was, &before) == nil {
		for name, s := range before.Stages {
			if _, still := x.line.Stages[name]; still {
				file.Stages[name] = s
			}
		}
	}
	for _, res := range x.record.run.Stages {
		if s, own := x.line.Stages[res.Stage]; own && res.Status == run.Succeeded {
			file.Stages[res.Stage] = lockOf(&s, &res)
		}
	}
	b, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("dvc.lock of %s: %w", x.Pipeline, err)
	}
	// A run that has changed nothing writes nothing.
	if bytes.Equal(b, was) {
		return nil
	}
	return x.Store.PutRef(ctx, lockRef(x.Pipeline), b)
}

func lockOf(s *plan.Stage, res *run.Result) lockfile.Stage {
	out := lockfile.Stage{Cmd: s.Cmd, Deps: lockEntries(res.Deps), Outs: lockEntries(res.Files)}
	if len(s.Cmd) == 1 {
		out.Cmd = s.Cmd[0]
	}
	if len(res.Params) > 0 {
		out.Params = map[string]map[string]any{"params.json": res.Params}
	}
	return out
}

func lockEntries(all map[string]artifact.Artifact) []lockfile.Entry {
	var out []lockfile.Entry
	for _, p := range slices.Sorted(maps.Keys(all)) {
		a := all[p]
		out = append(out, lockfile.Entry{Path: p, Hash: "md5", MD5: a.MD5, Size: a.Size, NFiles: a.Files})
	}
	return out
}
