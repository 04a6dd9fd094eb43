// Package lowertest makes constraints and values for the tests that hold CUE,
// the runtime and a Kubernetes API server to one verdict.
package lowertest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generator makes random constraints and values that have something to say to
// each other: names, numbers and words are few.
type Generator struct{ *rand.Rand }

func (g Generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g Generator) name() string { return g.pick("a", "b", "c", `"x-y"`, "abc") }

func (g Generator) number() string { return g.pick("0", "1", "2", "3", "-1", "0.5", "2.5", "1e2") }

func (g Generator) word() string { return g.pick(`""`, `"a"`, `"b"`, `"abc"`, `"ab-c"`, `"é"`) }

// scalar is a constraint on a value other than a list or a struct. Cases that people
// write more often have more of the numbers.
func (g Generator) scalar() string {
	switch g.IntN(14) {
	case 0:
		return g.pick("int", "number", "string", "bool", "null", "_", "float", "uint")
	case 1, 2:
		return g.pick(">", ">=", "<", "<=", "!=", "") + g.number()
	case 3:
		return g.pick(">", ">=", "<", "<=", "!=", "") + g.word()
	case 4:
		return g.pick("=~", "!~") + g.pick(`"a"`, `"^a"`, `"b$"`, `"^[a-b]+$"`, `"é"`)
	case 5:
		return fmt.Sprintf("strings.%s(%d)", g.pick("MinRunes", "MaxRunes"), g.IntN(4))
	case 6:
		return g.pick("!=null", "true", "false", "null")
	case 7:
		return g.number() + " | " + g.word()
	case 8:
		return "int & " + g.pick(">=0 & <3", ">=1 & <100", ">-2 & <=2", ">=0.5 & <2.5")
	case 9:
		return "number & >" + g.number()
	case 10:
		return fmt.Sprintf("strings.%s(%s)", g.pick("HasPrefix", "HasSuffix"), g.word())
	case 11:
		return g.pick("*", "") + g.number() + " | " + g.pick("int", "string", "null", "number & >2")
	case 12:
		return fmt.Sprintf("or([%s, %s])", g.word(), g.number())
	}
	return g.word()
}

// counted is a constraint that is allowed inside matchN.
func (g Generator) counted() string {
	if g.IntN(2) == 0 {
		return g.scalar()
	}
	names := g.names(2)
	return "{" + names[0] + g.pick("?", "!") + ": " + g.scalar() + g.pick("", ", "+names[1]+"!: "+g.scalar()) + "}"
}

// names are at most so many different names. A struct never constrains a field
// twice: CUE 0.17 errs on some constraints that contradict themselves where no
// value shows it, and no rule means one.
func (g Generator) names(most int) []string {
	all := []string{"a", "b", "c", `"x-y"`, "abc"}
	g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(most, len(all))]
}

// structure is a struct with the named fields and, now and then, a pattern, an
// ellipsis, a field that must not be there or a size.
func (g Generator) structure(depth int, names []string) string {
	var parts []string
	for _, name := range names {
		parts = append(parts, name+g.pick("", "", "?", "!")+": "+g.Constraint(depth))
	}
	switch g.IntN(9) {
	case 0:
		// Of names that are no field's own.
		parts = append(parts, "["+g.pick(`=~"^p"`, `!~"^(a|b|c|x-y|abc|gone)$"`)+"]: "+g.Constraint(depth))
	case 1:
		parts = append(parts, "...")
	case 2:
		parts = append(parts, "gone?: _|_")
	case 3:
		parts = append(parts, fmt.Sprintf("struct.%s(%d)", g.pick("MinFields", "MaxFields"), g.IntN(3)))
	case 4:
		parts = []string{"[" + g.pick("string", `!="a"`) + "]: " + g.Constraint(depth)}
	}
	if len(parts) == 0 {
		return "{...}" // {} beside & is lost when CUE exports it; packs may not have it
	}
	text := "{" + strings.Join(parts, ", ") + "}"
	if g.IntN(8) == 0 && !strings.Contains(text, "...") {
		return "close(" + text + ")"
	}
	return text
}

// both are two constraints that do not contradict each other.
func (g Generator) both(depth int) string {
	names := g.names(4)
	switch g.IntN(3) {
	case 0:
		return "(" + g.structure(depth, names[:2]) + ") & (" + g.structure(depth, names[2:]) + ")"
	case 1:
		return fmt.Sprintf("[...%s] & list.%s(%d)", g.Constraint(depth), g.pick("MinItems", "MaxItems"), g.IntN(3))
	}
	return "matchN(" + g.pick(">=0", "<=1", "1") + ", [" + g.counted() + ", " + g.counted() + "]) & " +
		g.pick("string", "number", "!=null", "{...}")
}

// list is a constraint on a list.
func (g Generator) list(depth int) string {
	switch g.IntN(6) {
	case 0:
		return "[..." + g.Constraint(depth) + "]"
	case 1:
		return "[" + g.Constraint(depth) + ", ..." + g.Constraint(depth) + "]"
	case 2:
		return "[" + g.Constraint(depth) + ", " + g.Constraint(depth) + "]"
	case 3:
		return fmt.Sprintf("list.%s(%d)", g.pick("MinItems", "MaxItems"), g.IntN(3))
	case 4:
		return fmt.Sprintf("list.MatchN(%s%d, %s)", g.pick(">=", "<=", ""), g.IntN(3), g.counted())
	}
	return "[...]"
}

// Constraint returns CUE that follows Preamble, nested at most so deep.
func (g Generator) Constraint(depth int) string {
	if depth == 0 {
		return g.scalar()
	}
	switch g.IntN(12) {
	case 0, 1, 2, 3, 4:
		return g.structure(depth-1, g.names(g.IntN(4)))
	case 5:
		return g.list(depth - 1)
	case 6:
		return "(" + g.Constraint(depth-1) + ") | (" + g.Constraint(depth-1) + ")"
	case 7:
		return g.both(depth - 1)
	case 8:
		return g.pick("#Closed", "#Nested")
	case 9:
		return fmt.Sprintf("matchN(%s%d, [%s, %s])", g.pick(">=", "<=", ""), g.IntN(3), g.counted(), g.counted())
	}
	return g.scalar()
}

// Value returns a JSON value, nested at most so deep.
func (g Generator) Value(depth int) any {
	n := 10
	if depth == 0 {
		n = 6
	}
	switch g.IntN(n) {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2, 3:
		return []float64{0, 1, 2, 3, -1, 0.5, 2.5, 100, 7}[g.IntN(9)]
	case 4, 5:
		return []string{"", "a", "b", "abc", "ab-c", "é", "zzz"}[g.IntN(7)]
	case 6:
		out := []any{}
		for range g.IntN(4) {
			out = append(out, g.Value(depth-1))
		}
		return out
	}
	out := map[string]any{}
	for range g.IntN(4) {
		out[strings.Trim(g.name(), `"`)] = g.Value(depth - 1)
	}
	if name := []string{"gone", "p", "p1", "q"}[g.IntN(4)]; g.IntN(4) == 0 {
		out[name] = g.Value(depth - 1)
	}
	return out
}

// Preamble is what a constraint may refer to; it ends where x begins.
const Preamble = `
import (
	"list"
	"strings"
	"struct"
)
#Closed: {a?: int, b?: string}
#Nested: {a: #Closed, [=~"^x"]: {c: number}}
_use: [list.MinItems(0), strings.MinRunes(0), struct.MinFields(0)]
x: `
