package plan

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/releases"
)

const fieldsFile = "testdata/fields.txt"

// TestEveryFieldHasItsFormat compares the plan's fields with the list of them, each with
// the format that it came with. A field that is new since a release, or gone, changes
// what programs of that release can act on.
func TestEveryFieldHasItsFormat(t *testing.T) {
	all, err := releases.All()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(fieldsFile)
	if err != nil {
		t.Fatal(err)
	}
	listed, problems := fieldProblems(string(text), Paths(), additions, Format, releases.Newest(all).Format)
	for _, p := range problems {
		if !*update {
			t.Error(p)
		}
	}
	if *update {
		if err := os.WriteFile(fieldsFile, []byte(listed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if Format > 1 && OldestFormat >= Format {
		t.Errorf("format %d is not read any more, and the release before wrote it", Format-1)
	}
}

// fieldProblems returns what is wrong with the list, and the list as it should be. Of
// formats that are released nothing is entered or removed.
func fieldProblems(text string, paths []string, added map[string]addition, newest, released int) (string, []string) {
	formats := map[string]int{}
	for line := range strings.Lines(text) {
		var n int
		var path string
		if _, err := fmt.Sscanf(line, "%d %s", &n, &path); err == nil {
			formats[path] = n
		}
	}
	var problems []string
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, path := range paths {
		n, has := formats[path]
		switch {
		case !has && newest <= released:
			say("%s is new and format %d is released: raise Format in format.go, and enter the field in additions with it", path, newest)
		case !has:
			say("%s is new: enter it by go test ./blueprints/plan -run TestEveryFieldHasItsFormat -update", path)
			formats[path] = cameIn(added, path)
		case n != cameIn(added, path):
			say("%s is of format %d in %s, and of %d in additions", path, n, fieldsFile, cameIn(added, path))
		}
	}
	for path, n := range formats {
		if slices.Contains(paths, path) {
			continue
		}
		if n <= released {
			say("%s is gone: programs must read format %d, so the field stays, at least to be refused or converted",
				path, n)
			continue
		}
		say("%s is gone: take it out by -update", path)
		delete(formats, path)
	}
	for path, a := range added {
		if a.format < 2 || a.format > newest || formats[path] == 0 {
			say("additions have %s of format %d, which no field is", path, a.format)
		}
	}
	var out strings.Builder
	for _, path := range slices.Sorted(maps.Keys(formats)) {
		fmt.Fprintln(&out, formats[path], path)
	}
	return out.String(), problems
}

// cameIn is the format that a field came with: that of additions, of itself or else of
// the nearest field that it is within.
func cameIn(added map[string]addition, path string) int {
	for at := path; at != ""; at = at[:max(0, strings.LastIndex(at, "."))] {
		if a, later := added[at]; later {
			return a.format
		}
	}
	return 1
}

func TestEveryFieldHasItsFormatBites(t *testing.T) {
	const list = "1 a\n1 b\n2 c\n"
	c := map[string]addition{"c": {format: 2}}
	for name, x := range map[string]struct {
		paths            []string
		added            map[string]addition
		newest, released int
		want             string
	}{
		"as listed":                      {[]string{"a", "b", "c"}, c, 2, 1, ""},
		"new, and the format is open":    {[]string{"a", "b", "c", "d"}, c, 2, 1, "-update"},
		"new, and the format is closed":  {[]string{"a", "b", "c", "d"}, c, 2, 2, "raise Format"},
		"gone, and the format is open":   {[]string{"a", "b"}, nil, 2, 1, "take it out"},
		"gone, and the format is closed": {[]string{"a", "c"}, c, 2, 1, "the field stays"},
		"not in additions":               {[]string{"a", "b", "c"}, nil, 2, 1, "of 1 in additions"},
		"in additions of no field": {[]string{"a", "b", "c"},
			map[string]addition{"c": {format: 2}, "e": {format: 2}}, 2, 1, "which no field is"},
		"of a format to come": {[]string{"a", "b", "c"}, map[string]addition{"c": {format: 3}},
			2, 1, "of 3 in additions"},
	} {
		_, problems := fieldProblems(list, x.paths, x.added, x.newest, x.released)
		if said := strings.Join(problems, "\n"); (x.want == "") != (said == "") || !strings.Contains(said, x.want) {
			t.Errorf("%s: %q, want %q", name, said, x.want)
		}
	}
	if text, _ := fieldProblems(list, []string{"a", "b", "c", "d"}, c, 2, 1); text != list+"1 d\n" {
		t.Errorf("updated to %q", text)
	}
}

// two and three are programs that know a format more each: drift's window is said to
// be of format 2 and to be ignorable, the seed's sampling of format 3.
var (
	two = formats{1, 2, map[string]addition{"endpoints.*.drift.window": {2, true},
		"datasets.*.columns.*.unit": {2, false}}}
	three = formats{2, 3, map[string]addition{"endpoints.*.drift.window": {2, true},
		"datasets.*.columns.*.unit": {2, false},
		"policies.*.require.never":  {3, true}}}
)

func TestAPlanStatesTheFormatOfTheFieldsInUse(t *testing.T) {
	for name, c := range map[string]struct {
		by   formats
		edit func(*Plan)
		want *Stated
	}{
		"nothing new":           {three, func(*Plan) {}, nil},
		"a program of format 1": {formats{1, 1, nil}, windowed, nil},
		"a field to ignore":     {two, windowed, &Stated{2, 1, []string{"endpoints.*.drift.window"}}},
		"a field not to ignore": {two, united, &Stated{2, 2, nil}},
		"both": {two, func(p *Plan) { windowed(p); united(p) },
			&Stated{2, 2, []string{"endpoints.*.drift.window"}}},
		"within a type of its own": {three, func(p *Plan) {
			p.Policies = []Policy{{Require: Constraint{All: []Constraint{{Any: []Constraint{{Never: true}}}}}}}
		}, &Stated{3, 1, []string{"policies.*.require.all.*.any.*.never"}}},
	} {
		p := sample()
		c.edit(p)
		if got, err := c.by.state(p); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	plain, err1 := sample().Encode()
	newer, err2 := three.encode(sample())
	if err1 != nil || err2 != nil || string(plain) != string(newer) {
		t.Errorf("a newer program gives other bytes for a plan that uses nothing new: %v, %v\n%s", err1, err2, newer)
	}
}

func windowed(p *Plan) { p.Endpoints = map[string]Endpoint{"e": {Drift: &Drift{Window: "1h"}}} }

func united(p *Plan) {
	column := p.Datasets["a"].Columns["x"]
	column.Unit = "years"
	p.Datasets["a"].Columns["x"] = column
}

// newerText is a plan by a program of format 2, with the format and whatever more.
func newerText(t testing.TB, format, more string) string {
	t.Helper()
	p := sample()
	windowed(p)
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), `{"apiVersion"`, `{"format":`+format+`,"apiVersion"`, 1)
	return strings.Replace(text, `"window":"1h"`, `"window":"1h"`+more, 1)
}

func TestWhichFormatsAProgramReads(t *testing.T) {
	const colour = `,"colour":"red"`
	now := formats{1, 1, nil}
	for name, c := range map[string]struct {
		by           formats
		format, more string
		want         string // of the error; "": it is read
		ignored      int
	}{
		"its own":           {now, `{"version":1,"reads":1}`, "", "", 0},
		"its own, strictly": {now, `{"version":1,"reads":1}`, colour, `unknown field "colour"`, 0},
		"its own, whatever it says": {now, `{"version":1,"reads":1,"ignore":["endpoints.*.drift.colour"]}`, colour,
			`unknown field "colour"`, 0},
		"the one before": {two, `{"version":1,"reads":1}`, "", "has fields of format 2", 0},
		"a newer one to ignore": {now,
			`{"version":2,"reads":1,"ignore":["endpoints.*.drift.colour"]}`, colour, "", 1},
		"much newer": {now,
			`{"version":9,"reads":1,"ignore":["endpoints.*.drift.colour","models.*.x"]}`, colour, "", 2},
		"another unknown one": {now, `{"version":2,"reads":1,"ignore":["models.*.colour"]}`, colour,
			`unknown field "colour"`, 0},
		"a newer one not to ignore": {now, `{"version":2,"reads":2}`, colour,
			"this plan is of format 2; this program reads 1: upgrade the image", 0},
		"two newer": {two, `{"version":3,"reads":3}`, colour,
			"this plan is of format 3; this program reads 1 and 2: upgrade the image", 0},
		"newer, for one that is newer": {now, `{"version":3,"reads":2}`, colour,
			"of format 3, for programs that read 2 or later; this program reads 1: upgrade", 0},
		"too old": {three, `{"version":1,"reads":1}`, "",
			"this plan is of format 1; this program reads 2 and 3: compile", 0},
		"a known field ignored": {two, `{"version":3,"reads":2,"ignore":["endpoints.*.drift.window","endpoints.*.drift.colour"]}`, colour, "", 2},
		"reads none":            {now, `{"version":1}`, "", "want 1 <= reads", 0},
		"reads more than it is": {now, `{"version":1,"reads":2}`, "", "want 1 <= reads", 0},
		"no format at all":      {now, `"new"`, "", "want 1 <= reads", 0},
		"long": {now, `{"version":2,"reads":1,"ignore":["` + strings.Repeat("a.", 40) + `"]}`,
			"", "more than 32 steps", 0},
		"many": {now, `{"version":2,"reads":1,"ignore":[` + strings.Repeat(`"a",`, 64) + `"a"]}`, "",
			"65 fields to ignore", 0},
	} {
		p, err := c.by.decode(strings.NewReader(newerText(t, c.format, c.more)))
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err == nil && (p.Endpoints["e"].Drift.Window != "1h" || len(p.Ignored()) != c.ignored) {
			t.Errorf("%s: %+v, ignored %v", name, p.Endpoints["e"].Drift, p.Ignored())
		}
	}
}

// TestProgramsOfTwoFormatsNameAPlanAlike: approvals and runs are about a plan's digest.
func TestProgramsOfTwoFormatsNameAPlanAlike(t *testing.T) {
	p := sample()
	windowed(p)
	text, err := two.encode(p)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := two.decode(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	older := strings.Replace(string(text), `"window"`, `"ventana"`, -1) // that a program of format 1 does not know
	older = strings.Replace(older, "drift.window", "drift.ventana", 1)
	q, err := formats{1, 1, nil}.decode(strings.NewReader(older))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := q.Digest(); err != nil || d != DigestBytes([]byte(older)) {
		t.Errorf("an older program calls it %s, %v", d, err)
	}
	if again, err := two.encode(newer); err != nil || string(again) != string(text) {
		t.Errorf("it does not decode to itself: %v\n%s\n%s", err, text, again)
	}
}
