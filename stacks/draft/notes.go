package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Notes are what a draft says of the table beside writing it down.
type Notes struct {
	// Lines are for people.
	Lines []string `json:"notes,omitempty"`
	// Missing is by column and by text how many rows are taken for missing.
	Missing map[string]map[string]int64 `json:"missing,omitempty"`
	// Unlearnt are the columns that nothing is learnt from.
	Unlearnt []plan.Unlearnt `json:"unlearnt,omitempty"`
	// Target says what the target is taken for: its type.
	Target plan.ColumnType `json:"target_type,omitempty"`
}

// note writes down beside every column what is worth knowing of it.
func (g *guessed) note() {
	for _, name := range g.in.Header {
		seen, c := g.in.Seen[name], g.in.Dataset.Columns[name]
		say := func(format string, args ...any) { g.notes[name] = append(g.notes[name], fmt.Sprintf(format, args...)) }
		if t := nullsTold(seen.Nulls); t != "" {
			say("Taken for missing: %s.", t)
		}
		if len(seen.Kept) > 0 {
			say("Taken for a value and not for missing: %s.", nullsTold(seen.Kept))
		}
		if seen.Written != nil {
			say("Read as text, for it has %s, such as %s: %s.", seen.Written.How,
				plain([]string{seen.Written.Example}), seen.Written.Fix())
		}
		if seen.LongDigits {
			say("Whole numbers of more digits than a number holds: identifiers, read as text.")
		}
		if seen.Unread != "" {
			say("Read as text, for %s.", seen.Unread)
		}
		if why := g.whyUnlearnt(name); why != "" && name != g.target && c.Unlearnt() != "" &&
			seen.Written == nil && !seen.LongDigits {
			say("Not learnt from: %s.", why)
		}
	}
}

// nullsTold writes texts with their rows: "NA" in 12 rows, the empty field in 1.
func nullsTold(rows map[string]int64) string {
	var out []string
	for _, text := range slices.Sorted(maps.Keys(rows)) {
		what := fmt.Sprintf("%q", text)
		if text == "" {
			what = "the empty field"
		}
		out = append(out, fmt.Sprintf("%s in %s", what, plan.Counted(rows[text], "row")))
	}
	return strings.Join(out, ", ")
}

// whyUnlearnt says why a column is not learnt from, or "".
func (g *guessed) whyUnlearnt(name string) string {
	c, seen := g.in.Dataset.Columns[name], g.in.Seen[name]
	switch {
	case c.Unlearnt() == "":
		return ""
	case seen.Written != nil:
		return fmt.Sprintf("a text, for it has %s, such as %q; %s", seen.Written.How,
			seen.Written.Example, seen.Written.Fix())
	case seen.LongDigits:
		return "a text of long numbers, which are identifiers"
	case len(seen.Counts) == 0 && seen.Counts != nil:
		return "empty"
	case c.Type == plan.Text && (seen.Counts == nil || len(seen.Counts) > dataset.MaxValues):
		return fmt.Sprintf("a text of %s, where a category has at most %d", distinct(seen.Counts), dataset.MaxValues)
	}
	return c.Unlearnt()
}

// noted gathers what is said.
func (g *guessed) noted() Notes {
	out := Notes{Missing: map[string]map[string]int64{}, Target: g.choice.column.Type}
	var missing, kept, written []string
	for _, name := range g.in.Header {
		seen := g.in.Seen[name]
		if len(seen.Nulls) > 0 {
			out.Missing[name] = seen.Nulls
		}
		if told := nullsTold(worded(seen.Nulls)); told != "" {
			missing = append(missing, fmt.Sprintf("%q: %s", name, told))
		}
		if told := nullsTold(seen.Kept); told != "" {
			kept = append(kept, fmt.Sprintf("%q: %s", name, told))
		}
		if w := seen.Written; w != nil {
			written = append(written, fmt.Sprintf("%q has %s, such as %q, and is read as text: %s", name,
				w.How, w.Example, w.Fix()))
		}
		if why := g.whyUnlearnt(name); why != "" && name != g.target {
			out.Unlearnt = append(out.Unlearnt, plan.Unlearnt{Column: name, Why: why})
		}
	}
	for _, x := range g.exclude {
		out.Unlearnt = append(out.Unlearnt,
			plan.Unlearnt{Column: x.Name, Why: strings.ToLower(x.Why[:1]) + strings.TrimSuffix(x.Why[1:], ".")})
	}
	say := func(what string, list []string) {
		if len(list) > 0 {
			out.Lines = append(out.Lines, what+strings.Join(shortened(list), "; "))
		}
	}
	out.Lines = append(out.Lines, g.targetTold()...)
	say("taken for missing: ", missing)
	say("taken for values and not for missing: ", kept)
	say("written for people: ", written)
	if len(out.Unlearnt) > 0 {
		out.Lines = append(out.Lines, "not learnt from: "+Unlearnt(out.Unlearnt))
	}
	return out
}

// targetTold says what the target is taken for.
func (g *guessed) targetTold() []string {
	name, n := g.target, len(g.choice.classes)
	if n == 0 {
		return []string{fmt.Sprintf("%q is predicted as a number", name)}
	}
	line := fmt.Sprintf("%q is predicted as %s", name, plan.Counted(n, "class"))
	if len(g.choice.notes) > 0 {
		line += ": " + strings.Join(g.choice.notes, " ")
	}
	return []string{line}
}

// worded are the nulls but the empty field, of which nobody is surprised.
func worded(nulls map[string]int64) map[string]int64 {
	out := maps.Clone(nulls)
	delete(out, "")
	return out
}

// Unlearnt writes columns with their reasons on one line.
func Unlearnt(list []plan.Unlearnt) string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, fmt.Sprintf("%q (%s)", x.Column, x.Why))
	}
	return strings.Join(shortened(out), ", ")
}

func plain(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(out, ", ")
}
