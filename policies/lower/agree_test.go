package lower

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// generator makes random constraints and values that have something to say to
// each other: names, numbers and words are few.
type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) name() string { return g.pick("a", "b", "c", `"x-y"`, "abc") }

func (g generator) number() string { return g.pick("0", "1", "2", "3", "-1", "0.5", "2.5", "1e2") }

func (g generator) word() string { return g.pick(`""`, `"a"`, `"b"`, `"abc"`, `"ab-c"`, `"é"`) }

func (g generator) scalar() string {
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
		return "int & >=" + g.number() + " & <" + g.number()
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

// counted is a constraint that may stand inside matchN.
func (g generator) counted() string {
	if g.IntN(2) == 0 {
		return g.scalar()
	}
	return "{" + g.name() + g.pick("?", "!") + ": " + g.scalar() + g.pick("", ", "+g.name()+"!: "+g.scalar()) + "}"
}

func (g generator) field(depth int) string {
	return g.name() + g.pick("", "", "?", "!") + ": " + g.constraint(depth)
}

func (g generator) structure(depth int) string {
	var parts []string
	for range g.IntN(4) {
		parts = append(parts, g.field(depth))
	}
	switch g.IntN(8) {
	case 0:
		parts = append(parts, "["+g.pick("string", `=~"^a"`, `!="a"`)+"]: "+g.constraint(depth))
	case 1:
		parts = append(parts, "...")
	case 2:
		parts = append(parts, g.name()+"?: _|_")
	case 3:
		parts = append(parts, fmt.Sprintf("struct.%s(%d)", g.pick("MinFields", "MaxFields"), g.IntN(3)))
	case 4:
		parts = append(parts, "#Closed")
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

func (g generator) list(depth int) string {
	switch g.IntN(6) {
	case 0:
		return "[..." + g.constraint(depth) + "]"
	case 1:
		return "[" + g.constraint(depth) + ", ..." + g.constraint(depth) + "]"
	case 2:
		return "[" + g.constraint(depth) + ", " + g.constraint(depth) + "]"
	case 3:
		return fmt.Sprintf("list.%s(%d)", g.pick("MinItems", "MaxItems"), g.IntN(3))
	case 4:
		return fmt.Sprintf("list.MatchN(%s%d, %s)", g.pick(">=", "<=", ""), g.IntN(3), g.counted())
	}
	return "[...]"
}

func (g generator) constraint(depth int) string {
	if depth == 0 {
		return g.scalar()
	}
	switch g.IntN(12) {
	case 0, 1, 2, 3, 4:
		return g.structure(depth - 1)
	case 5:
		return g.list(depth - 1)
	case 6:
		return "(" + g.constraint(depth-1) + ") | (" + g.constraint(depth-1) + ")"
	case 7:
		return "(" + g.constraint(depth-1) + ") & (" + g.constraint(depth-1) + ")"
	case 8:
		return g.pick("#Closed", "#Nested")
	case 9:
		return fmt.Sprintf("matchN(%s%d, [%s, %s])", g.pick(">=", "<=", ""), g.IntN(3), g.counted(), g.counted())
	}
	return g.scalar()
}

func (g generator) value(depth int) any {
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
			out = append(out, g.value(depth-1))
		}
		return out
	}
	out := map[string]any{}
	for range g.IntN(4) {
		out[strings.Trim(g.name(), `"`)] = g.value(depth - 1)
	}
	return out
}

const preamble = `
import (
	"list"
	"strings"
	"struct"
)
#Closed: {a?: int, b?: string}
#Nested: {a: #Closed, [=~"^x"]: {c: number}}
_use: [list.MinItems(0), strings.MinRunes(0), struct.MinFields(0)]
x: `

// TestLoweringAgreesWithCUE holds the lowered constraint to CUE's own verdict.
func TestLoweringAgreesWithCUE(t *testing.T) {
	cases := 2000
	if testing.Short() {
		cases = 400
	}
	g := generator{rand.New(rand.NewPCG(1, 2))}
	refused, compared, held := 0, 0, 0
	ctx := cuecontext.New()
	for i := range cases {
		if i%500 == 0 {
			ctx = cuecontext.New()
		}
		text := g.constraint(3)
		v := ctx.CompileString(preamble + text)
		v = v.LookupPath(cue.ParsePath("x"))
		if v.Err() != nil || v.Validate() != nil {
			continue
		}
		e, err := Export(v)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c, err := e.Constraint()
		if err != nil {
			refused++
			continue
		}
		m, err := c.Compile()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for range 20 {
			value := g.value(3)
			s, err := Value(ctx, value)
			if err != nil {
				t.Fatal(err)
			}
			cueErr := Instance(v, s)
			got := m.Judge(value)
			compared++
			if cueErr == nil {
				held++
			}
			if (got == plan.Yes) != (cueErr == nil) {
				t.Errorf("%s\n  lowered %s\n  value %v: CUE says %v, the lowering %v", text, c, value, cueErr, got)
			}
			if (got == plan.Yes) != (len(m.Explain(value)) == 0) {
				t.Errorf("%s of %v: judged %v, explained %v", text, value, got, m.Explain(value))
			}
		}
		if t.Failed() && i > 200 {
			break
		}
	}
	t.Logf("%d comparisons, %d held, %d constraints refused", compared, held, refused)
}
