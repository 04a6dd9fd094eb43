package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/ashlar-dev/ashlar/stacks/review"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// planChange reports the impact of the change since a revision.
func (a *app) planChange(ctx context.Context, dirs []string, f planFlags) error {
	prices, err := f.priceList()
	if err != nil {
		return err
	}
	reports, err := a.impact(ctx, dirs, f, prices)
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

func (a *app) impact(ctx context.Context, dirs []string, f planFlags,
	prices consequence.Prices) ([]consequence.Report, error) {
	reports, err := review.Compare(ctx, dirs, review.Config{
		Base: f.base, Environment: f.environment, SkipData: f.noData, Prices: prices, Program: builtStack(),
		Stderr: a.err, Now: a.now,
		NoProgram: fmt.Sprintf("infrastructure, permissions and cost are not compared: %s is neither beside ashlar nor on PATH; `go install %s@latest` installs it", stackProgram, stackPackage),
	})
	if errors.Is(err, review.ErrNoEnvironment) {
		return nil, usageError("--env: " + err.Error())
	}
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	return reports, nil
}

// priceList is the user's, or the one that ships.
func (f planFlags) priceList() (consequence.Prices, error) {
	if f.prices == "" {
		return consequence.ListPrices()
	}
	file, err := os.Open(f.prices)
	if err != nil {
		return consequence.Prices{}, fmt.Errorf("--prices: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	p, err := consequence.ReadPrices(file)
	if err != nil {
		return p, fmt.Errorf("--prices %s: %w", f.prices, err)
	}
	return p, nil
}

// writeChange shows the reports in the form that was asked for, those that have
// nothing to say left out.
func (a *app) writeChange(reports []consequence.Report) error {
	said := []consequence.Report{}
	for _, r := range reports {
		if !r.Silent() {
			said = append(said, r)
		}
	}
	switch {
	case len(said) == 0:
		return nil
	case a.json():
		return a.writeJSON(map[string]any{"blueprints": said})
	case a.output == "markdown":
		_, err := io.WriteString(a.out, consequence.Markdown(said))
		return err
	}
	for i, r := range said {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.writeConsequence(r, len(reports) > 1)
	}
	return nil
}

// effectColours are those of effects that stand out.
var effectColours = map[consequence.Effect]text.Color{
	consequence.Loses: text.FgRed, consequence.Replaces: text.FgYellow, consequence.Loosened: text.FgRed,
	consequence.Refused: text.FgRed, consequence.Tightened: text.FgGreen, consequence.Passes: text.FgGreen,
	consequence.Removed: text.FgYellow, consequence.Advised: text.FgYellow, consequence.Retrains: text.FgCyan,
	consequence.RollsOut: text.FgCyan,
}

func (a *app) writeConsequence(r consequence.Report, several bool) {
	name := r.Name
	if several {
		name = r.Dir + ": " + name
	}
	fmt.Fprintf(a.out, "%s: %s\n", a.colour(a.out, text.Bold, name), r.Headline())
	alarming := func(yes bool) {
		last := consequence.Section("")
		for _, c := range r.Changes {
			if c.Alarming() != yes {
				continue
			}
			if c.Section != last && !yes {
				fmt.Fprintf(a.out, "\n%s\n", a.colour(a.out, text.Bold, string(c.Section)))
				last = c.Section
			}
			word := fmt.Sprintf("%-9s", c.Effect)
			if colour, ok := effectColours[c.Effect]; ok {
				word = a.colour(a.out, colour, word)
			}
			fmt.Fprintf(a.out, "  %s %s  (%s)\n", word, c, strings.Join(c.Environments, ", "))
		}
	}
	alarming(true)
	alarming(false)
	fmt.Fprintln(a.out)
	for _, d := range r.Digests {
		if d.Base == d.Head {
			fmt.Fprintf(a.out, "plan of %s %s, as before\n", d.Environment, d.Head)
			continue
		}
		fmt.Fprintf(a.out, "plan of %s %s, was %s\n", d.Environment, orNone([]string{d.Head}), orNone([]string{d.Base}))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(a.out, "note: "+n)
	}
}
