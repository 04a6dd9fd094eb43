package review

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// pair is a folder at both revisions, by environment.
type pair struct {
	dir, within   string
	before, after map[string]*consequence.Side
	notes         []string
}

// load loads a folder at both revisions. One that is there no longer is
// compared with nothing.
// A base that does not load is a note: a change that mends it must be reviewable. A
// head that does not load is an error.
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
			p.notes = append(p.notes, fmt.Sprintf("the blueprint at %s does not load (%s), so everything counts as new",
				c.Base, problems[0]))
			p.before = map[string]*consequence.Side{}
		} else if err != nil {
			return p, fmt.Errorf("at %s: %w", c.Base, err)
		}
	}
	return p, nil
}

// sides loads a folder in every environment, and asks its policies.
// Policies are those of the folder itself, so that a change of a pack in the same
// pull request shows in the verdicts. Both sides are judged as of now: an exemption
// that has expired since the base counts for neither.
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
		found, err := judge.Check(one.Plan, c.Now())
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			side.Verdicts = append(side.Verdicts,
				consequence.Verdict{Policy: f.Policy, Subject: string(f.About) + " " + f.Subject, Message: f.Message,
					Refuses: f.Refuses(), Exempt: f.Exempt != nil})
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
// Sources may be patterns such as data/*.csv, matched as in path.Match.
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

// holdsCUE reports whether the folder has a blueprint.
func holdsCUE(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "*.cue"))
	return err == nil && len(found) > 0
}
