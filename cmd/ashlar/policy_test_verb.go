package main

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
)

func policyTestVerb(p *policyApp) *cobra.Command {
	var shipped bool
	c := &cobra.Command{
		Use:   "test [DIR...]",
		Short: "Run the test cases of policy packs",
		Long: `Test runs the test cases of the packs in each DIR (default: ./policies), including those
in files that end in _test.cue: each case must pass, fail or be skipped as it says. A
rule that has no passing or no failing case is untested and counts as failed. Packs in
--policies are loaded too, for example the pack whose rules a pack in DIR tightens;
their cases are not run.`,
		Example: `  ashlar policy test
  ashlar policy test policies/house --output json
  ashlar policy test --shipped`,
		RunE: func(_ *cobra.Command, args []string) error {
			tried, err := p.try(args, shipped)
			if err != nil {
				return err
			}
			return p.writeTried(tried)
		},
	}
	c.Flags().BoolVar(&shipped, "shipped", false, "test the packs that ship with Ashlar")
	return c
}

// try runs the cases of the packs in the folders.
func (p *policyApp) try(dirs []string, shipped bool) ([]policies.Tried, error) {
	if len(dirs) == 0 && !shipped {
		dirs = []string{filepath.Join(p.dir, policies.FolderName)}
	}
	sources := policies.Shipped()
	for i := range sources {
		sources[i].Cases = shipped
	}
	for _, dir := range p.further {
		more, err := packsIn(dir)
		if err != nil {
			return nil, err
		}
		sources = append(sources, more...)
	}
	ours := len(sources)
	for _, dir := range dirs {
		more, err := packsIn(dir)
		if err != nil {
			return nil, err
		}
		for _, s := range more {
			s.Cases = true
			sources = append(sources, s)
		}
	}
	set, err := policies.New(sources...)
	if err != nil {
		return nil, err
	}
	var packs []string
	for i, info := range set.Packs() {
		if i >= ours || shipped && i < len(policies.Shipped()) {
			packs = append(packs, info.Name)
		}
	}
	judge := set.Judge()
	var out []policies.Tried
	for _, r := range set.Rules() {
		if slices.Contains(packs, path.Dir(r.ID)) {
			out = append(out, judge.Try(r)...)
		}
	}
	return out, nil
}

// packsIn are the packs of a folder, of which there must be one.
func packsIn(dir string) ([]policies.Source, error) {
	more, err := policies.Folder(source.Below(dir), ".", filepath.ToSlash(dir)+"/")
	if err == nil && len(more) == 0 {
		err = fmt.Errorf("policies: %s contains no pack; name a folder with .cue files, or with folders of them", dir)
	}
	return more, err
}

func (p *policyApp) writeTried(tried []policies.Tried) error {
	failed := 0
	for _, t := range tried {
		if !t.OK {
			failed++
		}
	}
	if p.json() {
		if err := p.writeJSON(map[string]any{"ok": failed == 0, "cases": tried}); err != nil {
			return err
		}
	} else {
		for _, t := range tried {
			if t.OK {
				fmt.Fprintf(p.out, "%s %s: %s: %s\n", p.colour(p.out, text.FgGreen, "ok"), t.Rule, t.Case, t.Outcome)
				continue
			}
			what := t.Outcome
			if t.Case != "" {
				what = fmt.Sprintf("%s: should %s, but: %s", t.Case, t.Kind, t.Outcome)
			}
			fmt.Fprintf(p.out, "%s:%d:%d: %s %s: %s\n", t.File, t.Line, t.Col,
				p.colour(p.out, text.FgRed, "failed"), t.Rule, what)
		}
		fmt.Fprintf(p.out, "%s, %d failed\n", counted(len(tried), "case"), failed)
	}
	if failed > 0 {
		fmt.Fprintf(p.err, "ashlar: %d of %s failed\n", failed, counted(len(tried), "case"))
		return silent{errFindings}
	}
	return nil
}
