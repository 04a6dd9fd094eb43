package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// planChange says what the folders have become since a revision.
func (a *app) planChange(ctx context.Context, dirs []string, f planFlags) error {
	reports, err := a.consequences(ctx, dirs, f)
	if err != nil {
		return err
	}
	if err := a.writeChange(reports); err != nil {
		return err
	}
	for _, r := range reports {
		for _, one := range r.Changes {
			if one.Effect == consequence.Loses {
				fmt.Fprintf(a.err, "ashlar: %s: %s\n", r.Dir, one)
				return silent{errFindings}
			}
		}
	}
	return nil
}

func (a *app) consequences(ctx context.Context, dirs []string, f planFlags) (_ []consequence.Report, err error) {
	r, err := openRevision(ctx, dirs[0], f.base)
	if err != nil {
		return nil, err
	}
	within := make([]string, len(dirs))
	for i, dir := range dirs {
		if within[i], err = r.within(dir); err != nil {
			return nil, err
		}
	}
	blobs, err := r.cue(ctx, within)
	if err != nil {
		return nil, err
	}
	changed, err := r.changed(ctx)
	if err != nil {
		return nil, err
	}
	old, err := os.MkdirTemp("", "ashlar-base-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(old)) }()
	if err := r.extract(ctx, blobs, old); err != nil {
		return nil, err
	}
	c := comparison{app: a, only: f.environment, base: f.base, old: old, changed: changed, library: &policies.Library{}, skipData: f.noData}
	if c.prices, err = f.priceList(); err != nil {
		return nil, err
	}
	all := make([]pair, len(dirs))
	for i, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if all[i], err = c.load(dir, within[i]); err != nil {
			return nil, err
		}
	}
	unrecorded, err := c.record(ctx, all)
	if err != nil {
		return nil, err
	}
	out := make([]consequence.Report, len(dirs))
	for i := range all {
		if out[i], err = c.one(ctx, &all[i]); err != nil {
			return nil, err
		}
		if unrecorded != "" {
			out[i].Notes = append(out[i].Notes, unrecorded)
		}
	}
	return out, nil
}

// pair is a folder at both revisions, by environment.
type pair struct {
	dir, within   string
	before, after map[string]*consequence.Side
	notes         []string
}

// comparison is what comparing one folder after the other shares.
type comparison struct {
	*app
	only, base string // environment, revision
	old        string // folder of the revision's CUE
	changed    []string
	library    *policies.Library
	loader     blueprints.Loader
	prices     consequence.Prices
	skipData   bool
}

// load loads a folder at both revisions. One that is there no longer is
// compared with nothing.
func (c *comparison) load(dir, within string) (p pair, err error) {
	p = pair{dir: dir, within: within, before: map[string]*consequence.Side{}, after: map[string]*consequence.Side{}}
	was := filepath.Join(c.old, filepath.FromSlash(within))
	if holdsCUE(dir) || !holdsCUE(was) {
		if p.after, err = c.sides(dir); err != nil {
			return p, err
		}
	}
	if holdsCUE(was) {
		p.before, err = c.sides(was)
		var problems blueprints.Problems
		if errors.As(err, &problems) {
			p.notes = append(p.notes, fmt.Sprintf("the blueprint at %s does not load (%s), so everything counts as new", c.base, problems[0]))
			p.before = map[string]*consequence.Side{}
		} else if err != nil {
			return p, fmt.Errorf("at %s: %w", c.base, err)
		}
	}
	return p, nil
}

func (c *comparison) one(ctx context.Context, p *pair) (consequence.Report, error) {
	report := consequence.Report{Dir: filepath.ToSlash(p.dir), Notes: p.notes}
	before, after := p.before, p.after
	var err error
	if c.only != "" && after[c.only] == nil && before[c.only] == nil {
		return report, usageError(fmt.Sprintf("--env %q: neither %s nor the folder as it is has such an environment", c.only, c.base))
	}
	changes := map[string][]consequence.Change{}
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, env := range slices.Sorted(maps.Keys(all)) {
		if c.only != "" && c.only != env {
			continue
		}
		digest := consequence.Digest{Environment: env}
		was, is := before[env], after[env]
		if digest.Base, digest.Head, err = digests(was, is); err != nil {
			return report, err
		}
		report.Digests = append(report.Digests, digest)
		var moved map[string][]string
		if is != nil {
			report.Name = is.Plan.Name
			moved = c.moved(is.Plan, p.within)
		} else {
			report.Name = was.Plan.Name
		}
		if was == nil || is == nil || was.Resources == nil || is.Resources == nil {
			// rules about resources are compared where both sides have some
		} else if err := errors.Join(c.judgeResources(filepath.Join(c.old, filepath.FromSlash(p.within)), was), c.judgeResources(p.dir, is)); err != nil {
			return report, err
		}
		changes[env] = consequence.Comparer{Prices: c.prices}.Compare(was, is, moved)
		today, err := c.today(ctx, p.dir, was, is)
		if err != nil {
			return report, err
		}
		changes[env] = append(changes[env], today...)
	}
	report.Changes = consequence.Merge(changes)
	return report, nil
}

func digests(was, is *consequence.Side) (base, head string, err error) {
	if was != nil {
		if base, err = was.Plan.Digest(); err != nil {
			return "", "", err
		}
	}
	if is != nil {
		head, err = is.Plan.Digest()
	}
	return base, head, err
}

// sides loads a folder in every environment, and asks its policies.
func (c *comparison) sides(dir string) (map[string]*consequence.Side, error) {
	loaded, err := c.loader.LoadDir(dir, "")
	if err != nil {
		return nil, err
	}
	set, err := c.library.For(dir)
	if err != nil {
		return nil, err
	}
	judge := set.Judge()
	out := map[string]*consequence.Side{}
	for env, one := range loaded {
		side := &consequence.Side{Plan: set.Attach(one.Plan), Stages: map[string][]consequence.Stage{}}
		found, err := judge.Check(one.Plan, c.now())
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			side.Verdicts = append(side.Verdicts, consequence.Verdict{Policy: f.Policy, Subject: string(f.About) + " " + f.Subject, Message: f.Message, Refuses: f.Refuses(), Exempt: f.Exempt != nil})
		}
		for name := range one.Plan.Models {
			if side.Stages[name], err = stagesOf(one.Plan, name); err != nil {
				return nil, err
			}
		}
		out[env] = side
	}
	return out, nil
}

// stagesOf are the dependences that the runtime computes its keys from.
func stagesOf(p *plan.Plan, model string) ([]consequence.Stage, error) {
	all, err := pipeline.Depends(p, model)
	if err != nil {
		return nil, err
	}
	out := make([]consequence.Stage, len(all))
	for i, d := range all {
		out[i] = consequence.Stage{Name: d.Stage, Plan: d.Plan, Reads: d.Reads}
	}
	return out, nil
}

// moved are the files that changed, by the dataset whose source they are. Data
// that git does not have is not compared: its digest is found when it is read.
func (c *comparison) moved(p *plan.Plan, within string) map[string][]string {
	out := map[string][]string{}
	for name, d := range p.Datasets {
		source := d.Source
		if strings.Contains(source, "://") {
			continue
		}
		for _, file := range c.changed {
			rel, err := filepath.Rel(filepath.FromSlash(within), filepath.FromSlash(file))
			if err != nil {
				continue
			}
			if ok, err := path.Match(path.Clean(source), filepath.ToSlash(rel)); err == nil && ok {
				out[name] = append(out[name], filepath.ToSlash(rel))
			}
		}
	}
	return out
}

func holdsCUE(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "*.cue"))
	return err == nil && len(found) > 0
}
