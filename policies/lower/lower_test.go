package lower

import (
	"errors"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
)

func export(t *testing.T, text string) *Expression {
	t.Helper()
	v := cuecontext.New().CompileString("import (\n\"list\"\n\"strings\"\n\"struct\"\n)\n_use: [list.MinItems(0), strings.MinRunes(0), struct.MinFields(0)]\n" + text)
	e, err := Export(v.LookupPath(cue.ParsePath("x")))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func TestConstraintsAreLoweredAsTheyWereMeant(t *testing.T) {
	for text, want := range map[string]string{
		`x: >=0.8 & <1`:                                      `<1 & >=0.8`,
		`_min: 2, x: replicas: min: >=_min`:                  `{replicas: {min: >=2}}`,
		`#C: {a?: int}, x: c: #C`:                            `{c: close({a?: int})}`,
		`#C: {a?: {b: 1}, ...}, x: #C`:                       `{a?: close({b: 1})}`,
		`x: [_, ...]`:                                        `[_, ...]`,
		`x: [...{a: 1}]`:                                     `[...{a: 1}]`,
		`x: {[=~"^a"]: string, b?: _|_}`:                     `{b?: _|_, [=~"^a"]: string}`,
		`x: "a" | "b" | null`:                                `"a" | "b" | null`,
		`x: *"a" | string`:                                   `"a" | string`,
		`x: strings.HasPrefix("a.b")`:                        `=~"^a\\.b"`,
		`x: list.MatchN(0, *0.5 | number & >2)`:              `list.MatchN(0, 0.5 | number & >2)`,
		`x: struct.MinFields(1 + 1)`:                         `struct.MinFields(2)`,
		`x: "\("a")-b"`:                                      `"a-b"`,
		`config: n: *3 | int, x: strings.MaxRunes(config.n)`: `strings.MaxRunes(3)`,
	} {
		c, err := export(t, text).Constraint()
		if err != nil || c.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, c, err, want)
		}
	}
}

func TestWhatOnlyCUECanJudgeIsRefusedInWords(t *testing.T) {
	for text, want := range map[string]string{
		`x: {a: int, b: a}`:                   "refers to a",
		`x: {a: int, if a > 1 {b: 2}}`:        "comprehension",
		`x: {a: _, for k, v in a {(k): 1}}`:   "comprehension",
		`x: {a: string, "\(a)": 1}`:           "computed",
		`x: {_h: 1, a: int}`:                  "hidden field",
		`x: 'abc'`:                            "bytes",
		`x: >=0.1000000000000000000000000001`: "more digits",
		`x: strings.Join(["a"], "b") | strings.SliceRunes("", 0, 0)`: "",
		`x: list.UniqueItems()`: "list.UniqueItems",
		`x: error("no")`:        "",
	} {
		e, ok := exported(text)
		if !ok {
			continue // CUE itself refuses it
		}
		_, err := e.Constraint()
		var reason *Error
		if want != "" && (!errors.As(err, &reason) || reason.Broken || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want it to say %q", text, err, want)
		}
	}
}

func exported(text string) (*Expression, bool) {
	v := cuecontext.New().CompileString("import (\n\"list\"\n\"strings\"\n\"struct\"\n)\n_use: [list.MinItems(0), strings.MinRunes(0), struct.MinFields(0)]\n" + text)
	x := v.LookupPath(cue.ParsePath("x"))
	if x.Err() != nil {
		return nil, false
	}
	e, err := Export(x)
	return e, err == nil
}

func TestWhatMeansSomethingElseIsBroken(t *testing.T) {
	for text, want := range map[string]string{
		`x: 1.0`:                              "write 1",
		`x: =~"(?=a)"`:                        "not a valid RE2 expression",
		`x: matchN(0, [{a: 1}])`:              "write a!",
		`x: close({[string]: int}) & {a?: 3}`: "which of them is closed is lost",
	} {
		e, ok := exported(text)
		if !ok {
			t.Errorf("%s is refused by CUE itself", text)
			continue
		}
		_, err := e.Constraint()
		var reason *Error
		if !errors.As(err, &reason) || !reason.Broken || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %q", text, err, want)
		}
	}
}

func TestTheTextIsCanonicalAndCompilesToTheSame(t *testing.T) {
	for _, same := range [][]string{
		{`x: {a: >=1 & <=2, b?: "x" | "y"}`, "x: {\n\tb?: \"y\" | \"x\" // a comment\n\n\ta: <=2 & >=1\n}"},
		{`#C: {a: int}, x: c: #C`, "x: {c: #C}\n#C: {a: int}"},
		{`x: (1 | 2) | 3`, `x: 3 | (2 | 1)`},
		{`x: {a: {>=1}}`, `x: a: (>=1)`},
		{`#C: {a?: {b: 1}, ...}, x: #C`, "#C: {...\n\ta?: b: 1\n}\nx: #C"},
	} {
		texts := map[string]bool{}
		for _, text := range same {
			texts[export(t, text).Text()] = true
		}
		if len(texts) != 1 {
			t.Errorf("%q have several forms: %v", same, texts)
		}
		for text := range texts {
			again := cuecontext.New().CompileString(text)
			if err := again.Validate(); err != nil {
				t.Errorf("%s does not compile: %v", text, err)
				continue
			}
			e, err := Export(again)
			if err != nil || e.Text() != text {
				t.Errorf("%s becomes %s (%v)", text, e.Text(), err)
			}
		}
	}
}
