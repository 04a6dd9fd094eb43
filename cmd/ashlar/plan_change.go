package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/ashlar-dev/ashlar/templates/consequence"
)

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
	consequence.Loses: text.FgRed, consequence.Replaces: text.FgYellow, consequence.Loosened: text.FgRed, consequence.Refused: text.FgRed, consequence.Tightened: text.FgGreen, consequence.Passes: text.FgGreen,
	consequence.Removed: text.FgYellow, consequence.Advised: text.FgYellow, consequence.Retrains: text.FgCyan, consequence.RollsOut: text.FgCyan,
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
