// Package draft writes the first blueprint for somebody's table: it infers the
// columns, decides whether the target is a class or a number, leaves out what is
// not a feature, and notes every decision for people, so that the blueprint is a
// start that one edits and not a black box.
package draft

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/advise"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/templates/starter"
)

// adviceCells bounds how many cells init looks for leaks in.
const adviceCells = 20_000_000

// maxCopied bounds a table that is copied into the new repository.
const maxCopied = 1 << 30

// Table is what a blueprint is drafted for.
type Table struct {
	File   string // CSV or Parquet
	Target string // the column to predict
	// Team and Email are the owner's.
	Team, Email string
}

// Files drafts a blueprint of the name and returns the files of its folder, the
// table included, by their paths. The error says what is wrong with the table;
// nothing is written in any case.
func (t Table) Files(ctx context.Context, name string) (map[string][]byte, Notes, error) {
	table, err := plan.ReadFile(t.File, maxCopied)
	if err != nil {
		return nil, Notes{}, fmt.Errorf("table: %w", err)
	}
	from := plan.Dataset{Source: filepath.Base(t.File)}
	opt := dataset.Options{Dir: filepath.Dir(t.File)}
	in, err := dataset.Infer(ctx, from, opt)
	if err != nil {
		return nil, Notes{}, fmt.Errorf("%w\nnothing was written", err)
	}
	g := guessed{in: in, target: t.Target, notes: map[string][]string{}}
	if err := g.decide(ctx, opt); err != nil {
		return nil, Notes{}, fmt.Errorf("%w\nnothing was written", err)
	}
	b := starter.Blueprint{
		Name: name, Source: "data/" + filepath.Base(t.File), CSV: in.Dataset.CSV, Rows: in.Rows,
		Team: t.Team, Email: t.Email,
		Target: t.Target, TargetNotes: g.choice.notes, TargetMissing: g.missing(t.Target),
		Classes: g.choice.classes, Exclude: g.exclude,
	}
	for _, name := range in.Header {
		b.Columns = append(b.Columns, starter.Column{Name: name,
			Column: in.Dataset.Columns[name], Notes: g.notes[name]})
	}
	files, err := b.Files()
	if err != nil {
		return nil, Notes{}, fmt.Errorf("%w\nnothing was written", err)
	}
	files[b.Source] = table
	return files, g.noted(), nil
}

// guessed is what init makes of a table.
type guessed struct {
	in      *dataset.Inferred
	target  string
	choice  choice
	exclude []starter.Excluded
	notes   map[string][]string // by column, for the blueprint
}

// missing is how many rows lack a value of the column.
func (g *guessed) missing(column string) int64 {
	seen := g.in.Seen[column]
	n := seen.Missing
	for _, rows := range seen.Nulls {
		n += rows
	}
	return n
}

// decide chooses the target's form and what is not learnt from.
func (g *guessed) decide(ctx context.Context, opt dataset.Options) error {
	column, ok := g.in.Dataset.Columns[g.target]
	if !ok {
		return unknownTarget(g.target, g.in.Header)
	}
	var err error
	if g.choice, err = choose(g.target, column, g.in); err != nil {
		return err
	}
	g.in.Dataset.Columns[g.target] = g.choice.column
	features := g.features()
	if len(features) == 0 {
		return g.nothing()
	}
	rows := max(10_000, adviceCells/len(g.in.Header))
	frame, err := dataset.Head(ctx, g.in.Dataset, opt, rows)
	if err != nil {
		return err
	}
	advice := advise.Features(frame, g.target, g.choice.classes != nil, features)
	for _, x := range advice {
		if len(advice) < len(features) {
			g.exclude = append(g.exclude, starter.Excluded{Name: x.Column, Why: sentence(x)})
			continue
		}
		// nothing would be left
		g.notes[x.Column] = append(g.notes[x.Column], sentence(x)+
			" It is a feature all the same, because there is no other.")
	}
	g.note()
	return nil
}

func sentence(x advise.Advice) string {
	if x.Kind == advise.Leak {
		return fmt.Sprintf("May give the target away: %s.", x.Why)
	}
	return fmt.Sprintf("Names rows: %s.", x.Why)
}

// features are the columns that a model can learn from.
func (g *guessed) features() []string {
	var out []string
	for _, name := range g.in.Header {
		if name != g.target && g.in.Dataset.Columns[name].Unlearnt() == "" {
			out = append(out, name)
		}
	}
	return out
}

// nothing says why there is nothing to learn from.
func (g *guessed) nothing() error {
	if len(g.in.Header) == 1 {
		return fmt.Errorf("%q is the only column of the table, so there is nothing to predict it from%s",
			g.target, delimiterHint(g.target))
	}
	var why []string
	for _, name := range g.in.Header {
		if name != g.target {
			why = append(why, fmt.Sprintf("  %q is %s", name, g.whyUnlearnt(name)))
		}
	}
	return fmt.Errorf("no column is left to learn %q from:\n%s", g.target, strings.Join(shortened(why), "\n"))
}

func delimiterHint(name string) string {
	if strings.ContainsAny(name, ",;\t|:") || strings.Contains(strings.TrimSpace(name), "  ") {
		return "; are its fields separated by something other than a comma, a semicolon, a tab or a bar?"
	}
	return ""
}

func unknownTarget(target string, header []string) error {
	names := make([]string, 0, len(header))
	for _, name := range nearest.First(target, header) {
		names = append(names, fmt.Sprintf("%q", name))
	}
	return fmt.Errorf("target %q is not a column of the table; its columns are %s", target,
		strings.Join(shortened(names), ", "))
}

// shortened is the first few, and how many more there are.
func shortened(list []string) []string {
	const most = 12
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
