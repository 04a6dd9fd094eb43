package review

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// pair is a folder at both revisions, by environment.
type pair struct {
	dir, within   string
	before, after map[string]*side
	notes         []string
}

// side is an environment at one revision. Both revisions share it where the same is
// written in both.
type side struct {
	consequence.Side
	loaded *plan.Plan // without what policies attach
	rules  *policies.Set
	text   []byte // of the plan, as plan.Encode has it
	digest string // of the text
}

// public is what is compared; nil where there is no such side.
func (s *side) public() *consequence.Side {
	if s == nil {
		return nil
	}
	return &s.Side
}

// digestOf is the side's; "" where there is none.
func digestOf(s *side) string {
	if s == nil {
		return ""
	}
	return s.digest
}

// load loads a folder at both revisions. One that is there no longer is
// compared with nothing.
// A base that does not load is a note: a change that mends it must be reviewable. A
// head that does not load is an error.
func (c *comparison) load(loader *blueprints.Loader, dir, within string) (p pair, err error) {
	p = pair{dir: dir, within: within, before: map[string]*side{}, after: map[string]*side{}}
	was := filepath.Join(c.old, filepath.FromSlash(within))
	var loaded map[string]blueprints.Loaded
	if holdsCUE(dir) || !holdsCUE(was) {
		if loaded, err = loader.LoadDir(dir, ""); err != nil {
			return p, err
		}
		if p.after, err = c.sides(dir, loaded, nil); err != nil {
			return p, err
		}
	}
	if holdsCUE(was) {
		loaded, err = loader.LoadTwin(was, loaded)
		if err == nil {
			p.before, err = c.sides(was, loaded, p.after)
		}
		var problems blueprints.Problems
		if errors.As(err, &problems) {
			p.notes = append(p.notes, fmt.Sprintf("the blueprint at %s does not load (%s), so everything counts as new",
				c.Base, problems[0]))
		} else if err != nil {
			return p, fmt.Errorf("at %s: %w", c.Base, err)
		}
	}
	return p, nil
}

// sides asks the policies of a folder about its plans, by environment. other is the
// other revision: what is known of a plan there is not asked again.
// Policies are those of the folder itself, so that a change of a pack in the same
// pull request shows in the verdicts. Both sides are judged as of now: an exemption
// that has expired since the base counts for neither.
func (c *comparison) sides(dir string, loaded map[string]blueprints.Loaded,
	other map[string]*side) (map[string]*side, error) {
	set, err := c.library.For(dir)
	if err != nil {
		return nil, err
	}
	judge := set.Judge()
	out := map[string]*side{}
	for env, one := range loaded {
		if known := other[env]; known != nil && known.loaded == one.Plan && known.rules == set {
			out[env] = known
			continue
		}
		s := &side{loaded: one.Plan, rules: set}
		s.Plan, s.Stages = set.Attach(one.Plan), map[string][]consequence.Stage{}
		if s.text, err = s.Plan.Encode(); err != nil {
			return nil, err
		}
		s.digest = plan.DigestBytes(s.text)
		found, err := judge.Check(one.Plan, c.Now())
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			s.Verdicts = append(s.Verdicts,
				consequence.Verdict{Policy: f.Policy, Subject: string(f.About) + " " + f.Subject, Message: f.Message,
					Refuses: f.Refuses(), Exempt: f.Exempt != nil})
		}
		for name := range one.Plan.Models {
			if s.Stages[name], err = stagesOf(one.Plan, name); err != nil {
				return nil, err
			}
		}
		out[env] = s
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
