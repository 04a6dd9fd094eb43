package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// The lock of a pipeline is a dvc.lock of schema 2.0 over its own stages: what
// each has read and made, so that a review shows data that moved and DVC's own
// tools can read it. Ashlar itself goes by the store.

type lockFile struct {
	Schema string               `yaml:"schema"`
	Stages map[string]lockStage `yaml:"stages"`
}

type lockStage struct {
	Cmd    any                       `yaml:"cmd"` // a text, or a list of them
	Deps   []lockEntry               `yaml:"deps,omitempty"`
	Params map[string]map[string]any `yaml:"params,omitempty"` // file -> key -> value
	Outs   []lockEntry               `yaml:"outs,omitempty"`
}

type lockEntry struct {
	Path   string `yaml:"path"`
	Hash   string `yaml:"hash"`
	MD5    string `yaml:"md5"`
	Size   int64  `yaml:"size"`
	NFiles int    `yaml:"nfiles,omitempty"`
}

func lockRef(pipeline string) string { return "locks/" + pipeline }

// Lock returns the pipeline's dvc.lock as its last run left it; it is
// store.ErrNotFound where none has ended.
func Lock(ctx context.Context, s *store.Store, pipeline string) ([]byte, error) {
	return s.GetRef(ctx, lockRef(pipeline))
}

// lock keeps the lock where the run has changed it. Stages that have not
// succeeded keep what they had.
func (x *execution) lock(ctx context.Context) error {
	if len(x.line.Stages) == 0 {
		return nil
	}
	was, _ := Lock(ctx, x.Store, x.Pipeline) // none yet, or damaged: it is made anew
	file := lockFile{Schema: "2.0", Stages: map[string]lockStage{}}
	var before lockFile
	if yaml.Unmarshal(was, &before) == nil {
		for name, s := range before.Stages {
			if _, still := x.line.Stages[name]; still {
				file.Stages[name] = s
			}
		}
	}
	for _, res := range x.run.Stages {
		if s, own := x.line.Stages[res.Stage]; own && res.Status == Succeeded {
			file.Stages[res.Stage] = lockOf(&s, &res)
		}
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(file); err != nil {
		return fmt.Errorf("dvc.lock of %s: %w", x.Pipeline, err)
	}
	if bytes.Equal(b.Bytes(), was) {
		return nil
	}
	return x.Store.PutRef(ctx, lockRef(x.Pipeline), b.Bytes())
}

func lockOf(s *plan.Stage, res *Result) lockStage {
	out := lockStage{Cmd: s.Cmd, Deps: lockEntries(res.Deps), Outs: lockEntries(res.Files)}
	if len(s.Cmd) == 1 {
		out.Cmd = s.Cmd[0]
	}
	if len(res.Params) > 0 {
		out.Params = map[string]map[string]any{"params.json": res.Params}
	}
	return out
}

func lockEntries(all map[string]artifact.Artifact) []lockEntry {
	var out []lockEntry
	for _, p := range slices.Sorted(maps.Keys(all)) {
		a := all[p]
		out = append(out, lockEntry{Path: p, Hash: "md5", MD5: a.MD5, Size: a.Size, NFiles: a.Files})
	}
	return out
}
