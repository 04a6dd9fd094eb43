package retain

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// datasetOf is the dataset of a unit, by the name that its runs are kept under.
// A unit is a pipeline or a model. One that the plan no longer has is of no
// dataset, and what it kept stays: no retention is known for it.
func (s *sweep) datasetOf(unit string) string {
	if line, ok := s.Plan.Pipelines[unit]; ok && line.Model != "" {
		unit = line.Model
	}
	return s.Plan.Models[unit].Dataset
}

// runs finds what runs have kept.
func (s *sweep) runs(ctx context.Context) error {
	units, err := run.Units(ctx, s.Store)
	if err != nil {
		return err
	}
	for _, unit := range units {
		dataset := s.datasetOf(unit)
		all, err := run.List(ctx, s.Store, unit, math.MaxInt)
		if err != nil {
			return err
		}
		for i := range all {
			if err := s.run(ctx, &all[i], dataset); err != nil {
				return err
			}
		}
	}
	return nil
}

// learns reports whether what the stage made is what was learnt, and stays.
func learns(stage string) bool {
	return stage == plan.StageTrain || stage == plan.StageEvaluate || stage == plan.StageRegister
}

// run sorts what one run has kept. What stages that learn made stays; everything
// else goes if the rows were read too long ago, and stays otherwise. A run that is
// still going on keeps all. Data that one run lets go and another keeps is in both
// sets, and delete leaves it.
func (s *sweep) run(ctx context.Context, r *run.Run, dataset string) error {
	// When ingest read the rows: a run that found ingest's result made by an earlier
	// one is as old as that. The run's start is the best that is known without.
	readAt := r.MadeAt(plan.StageIngest)
	if readAt.IsZero() {
		readAt = r.StartedAt
	}
	gone := r.Status != run.Running && s.isDue(dataset, readAt)
	m := mark{dataset: dataset, of: "run " + r.Unit + "/" + r.ID, readAt: readAt}
	for i := range r.Stages {
		res := &r.Stages[i]
		var kept, made []string // what was learnt, and what holds rows
		for _, digest := range res.Outputs {
			if learns(res.Stage) {
				kept = append(kept, digest)
			} else {
				made = append(made, digest)
			}
		}
		files, err := s.artifacts(ctx, res.Files)
		if err != nil {
			return err
		}
		if learns(res.Stage) {
			kept = append(kept, files...)
		} else {
			made = append(made, files...)
		}
		deps, err := s.artifacts(ctx, res.Deps)
		if err != nil {
			return err
		}
		// What a stage was given and what it printed may hold rows, also where
		// the stage itself learns.
		made = append(append(made, deps...), res.Log)
		s.stays(kept...)
		if !gone {
			s.stays(made...)
			continue
		}
		s.goes(m, made...)
		if strings.HasPrefix(res.Key, "sha256:") && !learns(res.Stage) {
			for _, kind := range []string{res.Stage, "command"} {
				s.refs = append(s.refs, reference{m, cache.Ref(kind, res.Key)})
			}
		}
	}
	return nil
}

// artifacts are the digests of the files, and of those that folders list.
// A folder's listing is an object of its own; both it and its files hold data. A
// listing that is gone or damaged can name nothing more.
func (s *sweep) artifacts(ctx context.Context, files map[string]artifact.Artifact) ([]string, error) {
	var out []string
	for _, a := range files {
		out = append(out, a.Digest)
		if !a.Dir {
			continue
		}
		list, err := artifact.Tree(ctx, s.Store, a.Digest)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out = append(out, e.Digest)
		}
	}
	return out, nil
}

// stays notes digests that must not be deleted.
func (s *sweep) stays(digests ...string) {
	for _, d := range digests {
		s.alive[d] = true
	}
}

// goes notes digests that are due; other texts, such as that of a missing log, name
// no object.
func (s *sweep) goes(m mark, digests ...string) {
	for _, d := range digests {
		if store.IsDigest(d) {
			s.due[d] = m
		}
	}
}

// files finds the files that stages were given of built-in ones.
// They are references of their own beside the stages' results. It runs after runs,
// which finds the dataset of references that do not say it.
func (s *sweep) files(ctx context.Context) error {
	names, err := s.Store.ListRefs(ctx, cache.FilePrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := s.Store.PeekRef(ctx, name)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		var f cache.File
		if plan.Unmarshal(b, &f) != nil {
			continue
		}
		// An older record takes the dataset and the time of the run that named the file.
		if m, due := s.due[f.Digest]; due && f.Dataset == "" && !s.alive[f.Digest] {
			f.Dataset, f.ReadAt = m.dataset, m.readAt // kept before files said so
		}
		if !s.isDue(f.Dataset, f.ReadAt) {
			s.stays(f.Digest)
			continue
		}
		m := mark{dataset: f.Dataset, of: "files of stages", readAt: f.ReadAt}
		s.refs = append(s.refs, reference{m, name})
		s.goes(m, f.Digest)
	}
	return nil
}

var digestIn = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// parts finds what is left of runs that several workloads ran and nobody ended.
// Their age is that of the reference, as no run record says when rows were read.
func (s *sweep) parts(ctx context.Context) error {
	for _, u := range s.Plan.Units() {
		dataset := s.Plan.Models[u.Model].Dataset
		age, ok := s.retention[dataset]
		if !ok {
			continue
		}
		names, err := s.Store.OldRefs(ctx, "parts/"+u.Name()+"/", age, s.Now)
		if err != nil {
			return err
		}
		for _, name := range names {
			m := mark{dataset: dataset, of: "parts of " + u.Name()}
			b, err := s.Store.PeekRef(ctx, name)
			if err == nil && strings.Contains(name, ".parts/") {
				s.goes(m, string(digestIn.Find(b)))
			}
			s.refs = append(s.refs, reference{m, name})
		}
	}
	return nil
}

// others finds what results of stages name that stay.
// It runs once all due references are known: what a result that stays names is
// alive even if a due run names it too.
func (s *sweep) others(ctx context.Context) error {
	going := map[string]bool{}
	for _, r := range s.refs {
		going[r.name] = true
	}
	names, err := s.Store.ListRefs(ctx, "stages/")
	if err != nil {
		return err
	}
	for _, name := range names {
		if going[name] || strings.HasPrefix(name, cache.FilePrefix) {
			continue
		}
		b, err := s.Store.PeekRef(ctx, name)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		// Of what was learnt, what it was learnt from goes all the same.
		var c struct {
			Outputs map[string]string            `json:"outputs"`
			Files   map[string]artifact.Artifact `json:"files"`
			MadeAt  time.Time                    `json:"made_at"`
		}
		if plan.Unmarshal(b, &c) != nil {
			continue
		}
		for _, digest := range c.Outputs {
			s.stays(digest)
		}
		files, err := s.artifacts(ctx, c.Files)
		if err != nil {
			return err
		}
		s.stays(files...)
	}
	return nil
}

// windows finds what endpoints have gathered of requests: segments, and windows
// that nothing has been added to since.
// They hold rows of requests, and are as old as their last change. Of a window that
// still grows nothing is deleted.
func (s *sweep) windows(ctx context.Context) error {
	for name, e := range s.Plan.Endpoints {
		dataset := s.Plan.Models[e.Model].Dataset
		age, ok := s.retention[dataset]
		if !ok {
			continue
		}
		names, err := s.Store.OldRefs(ctx, "drift/"+name+"/", age, s.Now)
		if err != nil {
			return err
		}
		for _, ref := range names {
			s.refs = append(s.refs, reference{mark{dataset: dataset, of: "endpoint " + name}, ref})
		}
	}
	return nil
}
