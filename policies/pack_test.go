package policies

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// house is a sound pack that the cases below break in one place each.
const house = `package house

import "ashlar.dev/policy"

policy.#Pack & {
	name: "house"
	rules: "two-replicas": {
		title: "Two replicas"
		level: "mandatory"
		about: "endpoint"
		match: environment: "prod"
		require: replicas: min: >=config.min & <=100
		config: min: *2 | (int & >=1)
		reason: "one is none"
		fix: "set two"
		references: ["SOC 2 A1.1"]
		cases: {
			"two": pass: {environment: "prod", replicas: {min: 2, max: 2}}
			"one": fail: {environment: "prod", replicas: {min: 1, max: 2}}
		}
	}
	tighten: "reliability/production-replicas": {level: "mandatory", require: replicas: min: >=3, reason: "we are large"}
	set: "cost/replica-ceiling": max: 20
	exempt: "reliability/drift-watched": [{subjects: ["batch"], expires: "2030-01-31", owner: "ada@example.com", reason: "it serves nobody"}]
}
`

// fromText reads packs from texts, beside those that ship.
func fromText(texts ...string) (*Set, error) {
	sources := Shipped()
	for i, text := range texts {
		dir := "p" + string(rune('0'+i))
		sources = append(sources, Source{FS: fstest.MapFS{dir + "/p.cue": {Data: []byte(text)}},
			Dir: dir, Prefix: "policies/"})
	}
	return New(sources...)
}

func must(t testing.TB, texts ...string) *Set {
	t.Helper()
	s, err := fromText(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ruleOf(t testing.TB, s *Set, id string) *Rule {
	t.Helper()
	r, err := s.Rule(id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wrongPacks are edits of house: what is replaced, and by what.
var wrongPacks = []struct{ name, from, to string }{
	{"a string that does not end", `fix: "set two"`, `fix: "set two`},
	{"another import", `"ashlar.dev/policy"`, `"ashlar.dev/polici"`},
	{"no name", `name: "house"`, ``},
	{"a name that is none", `name: "house"`, `name: "My House"`},
	{"the name of one that ships", `name: "house"`, `name: "cost"`},
	{"an unknown field", `require: replicas: min: >=config`, `requre: replicas: min: >=config`},
	{"an unknown section", `tighten: "rel`, `tigten: "rel`},
	{"a missing field", `reason: "one is none"`, ``},
	{"an unknown level", `"mandatory"
		about`, `"mandatry"
		about`},
	{"an unknown subject", `about: "endpoint"`, `about: "endpoints"`},
	{"an unknown field in match", `match: environment`, `match: enviroment`},
	{"an unknown field in require", `min: >=config`, `minimum: >=config`},
	{"an unknown field below a pattern", `require: replicas: min: >=config`,
		`require: used_by: slos: [string]: objektive: >=config`},
	{"an unknown field in a case", `replicas: {min: 1, max: 2}`, `replica: {min: 1, max: 2}`},
	{"a case of two kinds", `"one": fail: {`, `"one": pass: {}, "one": fail: {`},
	{"a reference to nothing", `>=config.min`, `>=confg.min`},
	{"a bound that nothing satisfies", `>=config.min & <=100`, `>=config.min & <=1`},
	{"a constraint that contradicts itself", `>=config.min & <=100`, `3 & 4`},
	{"a requirement of nothing", `require: replicas: min: >=config.min & <=100`, `require: _`},
	{"an expression that RE2 lacks", `require: replicas: min: >=config.min & <=100`, `require: description: =~"(?=a)"`},
	{"a bound on true", `require: replicas: min: >=config.min & <=100`, `require: drift: retrain: !=true`},
	{"a float that is no float", `require: replicas: min: >=config.min & <=100`, `require: replicas: min: 1.0`},
	{"an empty struct beside &", `require: replicas: min: >=config.min & <=100`, `require: replicas: {} & !=null`},
	{"matchN with a field that may be added", `require: replicas: min: >=config.min & <=100`,
		`require: matchN(0, [{drift: retrain: true}])`},
	{"a match that only CUE understands", `match: environment: "prod"`,
		`match: {environment: string, name: environment}`},
	{"a config without a default", `*2 | (int & >=1)`, `int & >=1`},
	{"a remedy for what is no resource", `reason: "one is none"`, "reason: \"one is none\"\n\t\tremedy: min: 2"},
	{"remediation without a remedy", "level: \"mandatory\"\n\t\tabout: \"endpoint\"\n\t\tmatch: environment: \"prod\"\n\t\trequire: replicas: min: >=config.min & <=100", "level: \"remediate\"\n\t\tabout: \"resource\"\n\t\trequire: properties: acl: \"private\""},
	{"evidence that only CUE understands",
		"about: \"endpoint\"\n\t\tmatch: environment: \"prod\"\n\t\trequire: replicas: min: >=config.min & <=100",
		"about: \"evidence\"\n\t\trequire: {model_digest: string, file_digest: model_digest}"},
	{"a rule that is not there to tighten", `"reliability/production-replicas"`, `"reliability/production-replica"`},
	{"a level that is lowered", `{level: "mandatory", require`, `{level: "advisory", require`},
	{"a number that there is not to set", `set: "cost/replica-ceiling": max: 20`,
		`set: "cost/replica-ceiling": maximum: 20`},
	{"a number out of bounds", `max: 20`, `max: 2000`},
	{"something to set where nothing is open", `set: "cost/replica-ceiling"`, `set: "governance/owner"`},
	{"an exemption from nothing", `"reliability/drift-watched"`, `"reliability/drift-watch"`},
	{"an exemption without a day", `expires: "2030-01-31", `, ``},
	{"a day that is none", `"2030-01-31"`, `"2030-02-31"`},
	{"an exemption without a reason", `reason: "it serves nobody"`, `reason: ""`},
	{"an exemption that is no list", `[{subjects: ["batch"], expires: "2030-01-31", owner: "ada@example.com", reason: "it serves nobody"}]`, `{expires: "2030-01-31"}`},
	{"a list of packages", `package house`, `[1, 2]`},
}

// otherCodes are those of packs that are wrong as any CUE may be. All others are
// source.WrongPack.
var otherCodes = map[string]source.Code{
	"a string that does not end": source.Syntax, "a list of packages": source.Syntax,
	"another import":         source.UnknownImport,
	"a reference to nothing": source.Contradiction, "a bound that nothing satisfies": source.Contradiction,
	"a constraint that contradicts itself": source.Contradiction, "a bound on true": source.Contradiction,
}

// TestTheExampleOfAWrongPackIsOne puts the two examples of the code's page into a pack.
func TestTheExampleOfAWrongPackIsOne(t *testing.T) {
	const head = "package p\n\nimport \"ashlar.dev/policy\"\n\npolicy.#Pack & {\nname: \"p\"\n"
	kinds := source.Kinds()
	kind := kinds[slices.IndexFunc(kinds, func(k source.Kind) bool { return k.Code == source.WrongPack })]
	if _, err := fromText(head + kind.Right + "\n}\n"); err != nil {
		t.Errorf("the right example: %v", err)
	}
	_, err := fromText(head + kind.Wrong + "\n}\n")
	var problems source.Problems
	if !errors.As(err, &problems) || problems[0].Code != source.WrongPack {
		t.Errorf("the wrong example: %v", err)
	}
}

// TestAWrongPackIsAnError holds every message to a golden file: they are read
// by people, and a rule that is wrong must never be one that passes.
func TestAWrongPackIsAnError(t *testing.T) {
	if _, err := fromText(house); err != nil {
		t.Fatalf("the sound pack is not: %v", err)
	}
	var got strings.Builder
	for _, c := range wrongPacks {
		if strings.Count(house, c.from) != 1 {
			t.Fatalf("%s: %q occurs %d times", c.name, c.from, strings.Count(house, c.from))
		}
		_, err := fromText(strings.Replace(house, c.from, c.to, 1))
		var problems source.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want problems", c.name, err)
			continue
		}
		got.WriteString("# " + c.name + "\n" + problems.Error() + "\n\n")
		for _, p := range problems {
			if p.File != "policies/p.cue" || p.Line == 0 || p.Message == "" {
				t.Errorf("%s: a problem without a place: %+v", c.name, p)
			}
			if want := cmp.Or(otherCodes[c.name], source.WrongPack); p.Code != want {
				t.Errorf("%s: code %s, want %s: %s", c.name, p.Code, want, p.Message)
			}
		}
	}
	golden(t, "wrong.txt", got.String())
}

func TestTheDigestIsOfWhatARuleAsksFor(t *testing.T) {
	const id = "house/two-replicas"
	want := ruleOf(t, must(t, house), id).Digest
	same := map[string]string{
		"layout": strings.ReplaceAll(strings.ReplaceAll(house, ": ", ":   "), "match: ",
			"\n\n// a comment\nmatch: "),
		"order": strings.Replace(strings.Replace(house, `title: "Two replicas"`, ``, 1), `fix: "set two"`,
			"fix: \"set two\"\n\t\ttitle: \"Two replicas\"", 1),
		"the words": strings.NewReplacer("one is none", "another reason", "set two", "another fix", "Two replicas",
			"Another title").Replace(house),
		"the operands": strings.Replace(house, `>=config.min & <=100`, `<=100 & >=config.min`, 1),
		"a definition": strings.Replace(house, `require: replicas: min: >=config.min & <=100`,
			"let Most = 100\n\t\trequire: {replicas: {min: >=config.min & <=Most}}", 1),
		"other rules":   strings.Replace(house, `set: "cost/replica-ceiling": max: 20`, ``, 1),
		"the constant":  strings.Replace(house, `>=config.min`, `>=2`, 1),
		"another order": strings.Replace(house, `match: environment: "prod"`, `match: {environment: "prod"}`, 1),
	}
	for name, text := range same {
		if got := ruleOf(t, must(t, text), id); got.Digest != want {
			t.Errorf("%s changed the digest: %q", name, got.Require)
		}
	}
	other := map[string]string{
		"a bound":    strings.Replace(house, `<=100`, `<=99`, 1),
		"the level":  strings.Replace(house, "level: \"mandatory\"\n\t\tabout", "level: \"advisory\"\n\t\tabout", 1),
		"the match":  strings.Replace(house, `match: environment: "prod"`, `match: environment: "live"`, 1),
		"a default":  strings.Replace(house, `*2 |`, `*3 |`, 1),
		"a new rule": house,
	}
	for name, text := range other {
		s := must(t, text)
		if name == "a new rule" {
			s = must(t, house, strings.Replace(`package more
import "ashlar.dev/policy"
policy.#Pack & {name: "more", set: "house/two-replicas": min: 4}`, "", "", 1))
		}
		if got := ruleOf(t, s, id).Digest; got == want {
			t.Errorf("%s left the digest as it was", name)
		}
	}
}

func TestFilesOfAPackAreOne(t *testing.T) {
	head, body, _ := strings.Cut(house, "policy.#Pack & {\n")
	rules, changes, _ := strings.Cut(body, "\ttighten:")
	files := fstest.MapFS{
		"p/z.cue":      {Data: []byte(head + "policy.#Pack & {\n" + rules + "}\n")},
		"p/a.cue":      {Data: []byte("package house\n\ttighten:" + strings.TrimSuffix(changes, "}\n"))},
		"p/x_test.cue": {Data: []byte("package house\n{{{")}, // read only where cases are wanted
	}
	s, err := New(append(Shipped(), Source{FS: files, Dir: "p"})...)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ruleOf(t, s, "house/two-replicas").Digest,
		ruleOf(t, must(t, house), "house/two-replicas").Digest; got != want {
		t.Error("a pack in two files is another pack")
	}
}

func TestOthersRulesAreTightenedAndSet(t *testing.T) {
	before, after := shipped(t), must(t, house)
	p := example(t, "credit.prod")
	e := p.Endpoints["scoring"]
	e.Replicas = plan.Replicas{Min: 2, Max: 30}
	p.Endpoints["scoring"] = e
	refused := func(s *Set) []string {
		findings, err := s.Judge().Check(p, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range findings {
			if f.Refuses() {
				out = append(out, f.Message)
			}
		}
		return out
	}
	if got := refused(before); len(got) != 0 {
		t.Errorf("before: %v", got)
	}
	want := "endpoint scoring: replicas.max is 30, must be <=20\nendpoint scoring: replicas.min is 2, must be >=3"
	if got := strings.Join(refused(after), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r := ruleOf(t, after, "reliability/production-replicas")
	if len(r.Require) != 2 || len(r.Tightened) != 1 || r.Tightened[0] != "house: we are large" {
		t.Errorf("%+v", r)
	}
}

func TestExemptionsHoldUntilTheirDay(t *testing.T) {
	s := must(t, strings.Replace(house, `subjects: ["batch"]`, `subjects: ["scoring"]`, 1))
	p := example(t, "credit.prod")
	e := p.Endpoints["scoring"]
	e.Drift = nil
	p.Endpoints["scoring"] = e
	drift := func(now time.Time) (f Finding) {
		findings, err := s.Judge().Check(p, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, f = range findings {
			if f.Policy == "reliability/drift-watched" {
				return f
			}
		}
		t.Fatal("no finding")
		return f
	}
	last := time.Date(2030, 1, 31, 23, 59, 59, 0, time.UTC)
	if f := drift(last); f.Exempt == nil || f.Refuses() || f.Exempt.Owner != "ada@example.com" {
		t.Errorf("on its last day: %+v", f)
	}
	if len(s.Expired(last)) != 0 {
		t.Error("it has expired on its last day")
	}
	after := last.Add(time.Second)
	if f := drift(after); f.Exempt != nil || !f.Refuses() {
		t.Errorf("the day after: %+v", f)
	}
	expired := s.Expired(after)
	if len(expired) != 1 || !expired[0].Refuses() || expired[0].File != "policies/p.cue" || expired[0].Line == 0 ||
		!strings.Contains(expired[0].Message, "expired on 2030-01-31") {
		t.Errorf("%+v", expired)
	}
}
