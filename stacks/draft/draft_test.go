package draft

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// held writes the table, lets init write a blueprint around it, and holds the
// table against it. The error is init's; what it wrote must hold.
func held(t *testing.T, file, table, target string) (blueprint string, found Notes, err error) {
	t.Helper()
	from := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(from, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	files, found, err := Table{File: from, Target: target, Team: "t",
		Email: "t@example.com"}.Files(context.Background(), "odd")
	if err != nil {
		return "", found, err
	}
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	blueprint = string(files["odd.cue"])
	p, err := blueprints.LoadDir(dir, "dev")
	if err != nil {
		t.Fatalf("check refuses what init wrote: %v\n%s", err, blueprint)
	}
	ds := p.Datasets["table"]
	reader, err := dataset.Open(context.Background(), ds, dataset.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	report, err := validate.Run(context.Background(), reader, ds, validate.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, blueprint)
	}
	if !report.Success {
		t.Errorf("what init expects does not hold of its own table: %+v %v\n%s",
			report.Results, report.Schema, blueprint)
	}
	return blueprint, found, nil
}

// rows writes a header and n rows of a format that takes the row's number and a
// class.
func rows(header string, n int, line func(i int, class string) string) string {
	var out strings.Builder
	out.WriteString(header + "\n")
	for i := range n {
		out.WriteString(line(i, []string{"good", "good", "bad"}[i*7%3]) + "\n")
	}
	return out.String()
}

// oddTables are tables as people have them, each with what init writes or says.
var oddTables = map[string]struct {
	table, target string
	wants         []string // parts of the blueprint
	refuses       string   // part of the error
}{
	"pandas with an index": {rows(",a,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,%d.5,%s", i, i*37%11, y) }), "y",
		[]string{"Names rows: its name"}, ""},
	"R with quotes": {rows(`"a","b c","y"`, 60,
		func(i int, y string) string { return fmt.Sprintf(`"%d",NA,"%s"`, i*37%11, y) }), "y",
		[]string{`"b c"`, `Taken for missing: "NA" in 60 rows.`}, ""},
	"semicolons": {rows("a;y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d.25;%s", i*37%11, y) }), "y",
		[]string{`delimiter: ";"`}, ""},
	"tabs": {rows("a\ty", 60,
		func(i int, y string) string { return fmt.Sprintf("%d\t%s", i*37%11, y) }), "y",
		[]string{`delimiter: "\t"`}, ""},
	"a header twice": {"a,a,y\n1,2,p\n2,3,n\n", "y", nil, `"a"`},
	"an empty column": {rows("a,e,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,,%s", i*37%11, y) }), "y",
		[]string{"Not learnt from: empty."}, ""},
	"one row":     {"a,y\n1,p\n", "y", nil, "nothing to learn"},
	"one column":  {"y\np\nn\n", "y", nil, "only column"},
	"header only": {"a,y\n", "y", nil, "no rows"},
	"unicode": {rows("größe,国,y", 60, func(i int, y string) string {
		return fmt.Sprintf("%d,%s,%s", i*37%11, []string{"日本", "中国"}[i%2], y)
	}), "y", []string{`"国"`, `"日本"`}, ""},
	"spaces in headers": {rows("a b , c,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,%d,%s", i*37%11, i*31%7, y) }),
		"y", []string{`"a b "`}, ""},
	"mixed types": {rows("a,b,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%s,%d,%s", []string{"1", "x", "2.5"}[i%3], i%9, y) }),
		"y", []string{`values: ["1", "2.5", "x"]`}, ""},
	"a country NA": {rows("c,a,y", 60, func(i int, y string) string {
		return fmt.Sprintf("%s,%d,%s", []string{"DE", "FR", "NA"}[i%3], i*37%11, y)
	}), "y", []string{`values: ["DE", "FR", "NA"]`, `Taken for a value`}, ""},
	"long numbers": {rows("order,a,y", 60, func(i int, y string) string {
		return fmt.Sprintf("%d,%d,%s", int64(1234567890123456789)+int64(i), i*37%11, y)
	}), "y", []string{`"order": {type: "text"}`, "identifiers"}, ""},
	"0 and 1": {rows("a,y", 60,
		func(i int, _ string) string { return fmt.Sprintf("%d,%d", i*37%11, i%3%2) }), "y",
		[]string{`values: ["0", "1"]`, `positive: "1"`, "or a number?"}, ""},
	"stars": {rows("a,y", 60,
		func(i int, _ string) string { return fmt.Sprintf("%d,%d", i*37%11, 1+i%5) }), "y",
		[]string{`values: ["1", "2", "3", "4", "5"]`, "balanced_accuracy"}, ""},
	"thousands": {rows("a,b,y", 60,
		func(i int, y string) string { return fmt.Sprintf(`"%d,%03d",%d,%s`, 1+i, i*7, i%9, y) }), "y",
		[]string{"thousands separators"}, ""},
	"decimal commas alone": {rows("a;y", 60,
		func(i int, y string) string { return fmt.Sprintf("0,%02d;%s", i, y) }), "y", nil, "decimal commas"},
	"a target in dollars": {rows("a,y", 60,
		func(i int, _ string) string { return fmt.Sprintf(`%d,"$%d,000"`, i%9, 100+i) }), "y",
		nil, `such as "$100,000"`},
	"day first": {rows("d,a,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%02d/03/2024,%d,%s", 1+i%28, i*37%11, y) }), "y",
		[]string{"do not begin with the year"}, ""},
	"a copy of the target": {rows("a,c,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,%s,%s", i*37%11, y[:1], y) }), "y",
		[]string{"May give the target away"}, ""},
	"holes in the target": {rows("a,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,%s", i*37%11, []string{y, ""}[i%9/8]) }), "y",
		[]string{"mostly: 0.9"}, ""},
	"a mark inside a field": {rows("a,b,y", 60,
		func(i int, y string) string { return fmt.Sprintf("%d,x\ufeff%d,%s", i*37%11, i%3, y) }), "y",
		[]string{`\U0000FEFF`}, ""},
	"an unknown target": {"a,b\n1,p\n2,n\n", "bb", nil, `"b"`},
}

func TestInitOfOddTablesHoldsOrSaysWhatToDo(t *testing.T) {
	for name, c := range oddTables {
		t.Run(name, func(t *testing.T) {
			text, _, err := held(t, "t.csv", c.table, c.target)
			if (err != nil) != (c.refuses != "") || err != nil &&
				(!strings.Contains(err.Error(), c.refuses) || strings.Contains(err.Error(), ".cue")) {
				t.Fatalf("error %v, want it to say %q and to name no blueprint", err, c.refuses)
			}
			for _, want := range c.wants {
				if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(text, "//", "")), " "), want) {
					t.Errorf("the blueprint lacks %s:\n%s", want, text)
				}
			}
		})
	}
}

// Tables of every type of column, with nulls, constants, other scripts and huge
// ranges: what init writes holds of each.
func TestInitExpectsWhatHoldsOfGeneratedTables(t *testing.T) {
	makes := []func(d *rand.Rand) string{
		func(d *rand.Rand) string { return fmt.Sprint(d.IntN(2)) },
		func(d *rand.Rand) string { return fmt.Sprint(int64(d.Uint64())) },
		func(d *rand.Rand) string { return fmt.Sprintf("%g", d.NormFloat64()*1e300) },
		func(d *rand.Rand) string { return fmt.Sprintf("%g", d.NormFloat64()*1e-300) },
		func(*rand.Rand) string { return "same" },
		func(d *rand.Rand) string { return []string{"true", "False", "TRUE"}[d.IntN(3)] },
		func(d *rand.Rand) string { return fmt.Sprintf("20%02d-01-02 03:04:05", d.IntN(100)) },
		func(d *rand.Rand) string { return []string{"ä", "日本", "-", "None", " x", "x "}[d.IntN(6)] },
		func(d *rand.Rand) string { return fmt.Sprintf(`"a, ""%d"""`, d.IntN(1000)) },
		func(d *rand.Rand) string { return fmt.Sprintf("%05d", d.IntN(100000)) },
	}
	nulls := []string{"", "NA", "null", "?", "nan", "n/a"}
	for seed := range uint64(40) {
		d := rand.New(rand.NewPCG(seed, 1))
		columns := 1 + d.IntN(6)
		kinds, header := make([]int, columns), ""
		for k := range kinds {
			kinds[k] = d.IntN(len(makes))
			header += fmt.Sprintf("c%d,", k)
		}
		share := d.Float64() * 0.3
		table := rows(header+"sure,y", 5+d.IntN(200), func(i int, y string) string {
			line := ""
			for _, k := range kinds {
				v := makes[k](d)
				if d.Float64() < share {
					v = nulls[d.IntN(len(nulls))]
				}
				line += v + ","
			}
			return fmt.Sprintf("%s%d,%s", line, i*37%11, y)
		})
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			if _, _, err := held(t, "t.csv", table, "y"); err != nil {
				t.Errorf("%v\n%.400s", err, table)
			}
		})
	}
}

func TestTheNameSaysWhatItLost(t *testing.T) {
	for folder, want := range map[string]string{
		"My Model": "my-model", "Größe": "grosse", "crème brûlée": "creme-brulee", "数据n": "model", "кредит": "model",
		"2024": "model-2024", "kredit-риск": "kredit",
	} {
		name, note := Name(folder)
		lossless := !strings.ContainsAny(folder, "数кр")
		if name != want || lossless != (note == "") {
			t.Errorf("%s is called %q (%s), want %q", folder, name, note, want)
		}
	}
}
