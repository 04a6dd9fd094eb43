package consequence

import (
	"strings"
	"testing"
)

func TestMergeMakesOneOfWhatIsTheSameEverywhere(t *testing.T) {
	loose := Change{Section: Gates, Subject: "model m", Effect: Loosened, Message: "x"}
	other := Change{Section: Gates, Subject: "model m", Effect: Changed, Message: "y"}
	policy := Change{Section: Policies, Subject: "policy p", Effect: Passes, Message: "z"}
	got := Merge(map[string][]Change{"prod": {other, loose}, "dev": {other, loose, policy}})
	var order []string
	for _, c := range got {
		order = append(order, c.Message+"@"+strings.Join(c.Environments, "+"))
	}
	if s := strings.Join(order, " "); s != "z@dev x@dev+prod y@dev+prod" {
		t.Error(s)
	}
}

func TestHeadlineBeginsWithWhatIsAlarming(t *testing.T) {
	r := Report{Changes: []Change{{Effect: Retrains, Subject: "a"}, {Effect: Retrains, Subject: "a"}, {Effect: Changed},
		{Effect: Loosened}, {Effect: Refused}}}
	if got := r.Headline(); got != "1 refusal, 1 loosening, 1 model retrains, 1 other change" {
		t.Error(got)
	}
}

func TestSilentIsOnlyWhatHasTheSameDigests(t *testing.T) {
	if !(Report{Digests: []Digest{{Environment: "dev", Base: "a", Head: "a"}}}).Silent() {
		t.Error("the same digest is a change")
	}
	if (Report{Digests: []Digest{{Environment: "dev", Base: "a", Head: "b"}}}).Silent() {
		t.Error("another digest is no change")
	}
}

// spans takes code spans out of a line, as CommonMark reads them; ok is false
// where a fence is not closed.
func outside(line string) (rest string, ok bool) {
	for {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			return rest + line, true
		}
		n := 0
		for i+n < len(line) && line[i+n] == '`' {
			n++
		}
		rest += line[:i]
		line = line[i+n:]
		for at := 0; ; {
			j := strings.IndexByte(line[at:], '`')
			if j < 0 {
				return rest, false
			}
			j += at
			m := 0
			for j+m < len(line) && line[j+m] == '`' {
				m++
			}
			if m == n {
				line = line[j+m:]
				break
			}
			at = j + m
		}
	}
}

var hostile = []string{
	"x", "`x`", "``", "a``b`c", " a ", "", "<img src=x onerror=alert(1)>", "@everyone #1", "[a](javascript:x)",
	"line\nbreak\n# heading", "\x1b[31mred", "a\u202ebc", "`", "\\`", "| a |", "${{ secrets.X }}", "![x](http://e)",
}

func TestMarkdownKeepsHostileTextsInsideCode(t *testing.T) {
	for _, s := range hostile {
		inert(t, s)
	}
}

func inert(t *testing.T, s string) {
	t.Helper()
	c := Change{Section: Gates, Subject: "model " + s, Effect: Loosened, Message: s, Environments: []string{s}}
	with := Markdown([]Report{{Dir: s, Name: s, Digests: []Digest{{Environment: s, Base: "", Head: "h"}},
		Changes: []Change{c}, Notes: []string{s}}})
	c = Change{Section: Gates, Subject: "model x", Effect: Loosened, Message: "x", Environments: []string{"x"}}
	plain := Markdown([]Report{{Dir: "x", Name: "x", Digests: []Digest{{Environment: "x", Base: "", Head: "h"}},
		Changes: []Change{c}, Notes: []string{"x"}}})
	if s == "" || s == "." { // no folder to name
		return
	}
	a, b := strings.Split(with, "\n"), strings.Split(plain, "\n")
	if len(a) != len(b) {
		t.Fatalf("%q makes %d lines of %d:\n%s", s, len(a), len(b), with)
	}
	for i := range a {
		left, ok := outside(a[i])
		right, _ := outside(b[i])
		if !ok || left != right {
			t.Errorf("%q leaves its code: %q", s, a[i])
		}
	}
	for _, r := range with {
		if r != '\n' && r < ' ' || r == '\u202e' {
			t.Errorf("%q writes %q", s, r)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(inert)
}

func TestMarkdownIsBounded(t *testing.T) {
	many := make([]Change, 5000)
	for i := range many {
		many[i] = Change{Section: Models, Subject: "model m", Effect: Changed, Message: strings.Repeat("x", 100)}
	}
	got := Markdown([]Report{{Name: "n", Changes: many}})
	if len(got) > 65_000 || !strings.Contains(got, "more lines: `ashlar plan --base`") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestDigestsHaveAHeadingOfTheirOwn(t *testing.T) {
	got := Markdown([]Report{{
		Name: "n", Changes: []Change{{Section: Models, Subject: "model m", Effect: Changed, Message: "x"}},
		Digests: []Digest{{Environment: "dev", Base: "a", Head: "b"}},
	}})
	if !strings.Contains(got, "\n\n**plans**\n\n- plan of `dev`: `b`, was `a`\n") {
		t.Errorf("the digests continue the list of the last section:\n%s", got)
	}
}
