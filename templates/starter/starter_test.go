package starter

import (
	"os"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func table() Blueprint {
	return Blueprint{
		Name: "my-model", Source: "data/t.csv", Target: "y", Team: "a", Email: "a@example.com", Rows: 200,
		Classes: map[string]int64{"no": 172, "yes": 28},
		Columns: []Column{
			{Name: `odd "name"\`, Column: plan.Column{Type: plan.Number, Nullable: true}},
			{Name: "y", Column: plan.Column{Type: plan.Category, Values: []string{"no", "yes"}}},
			{Name: "when", Column: plan.Column{Type: plan.Timestamp}},
		},
	}
}

func TestFilesNameEveryColumnQuoted(t *testing.T) {
	files, err := table().Files()
	if err != nil {
		t.Fatal(err)
	}
	text := string(files["my-model.cue"])
	for _, want := range []string{`package my_model`, `"odd \"name\"\\": {type: "number", nullable: true}`,
		`"y": {type: "category", values: ["no", "yes"]}`, "roc_auc: >0.74", "right in 86 % of the rows"} {
		if !strings.Contains(text, want) {
			t.Errorf("the blueprint lacks %s:\n%s", want, text)
		}
	}
	for _, name := range []string{".gitignore", "README.md"} {
		if len(files[name]) == 0 {
			t.Errorf("no %s", name)
		}
	}
}

func TestTargetMustBeLearnable(t *testing.T) {
	for target, want := range map[string]string{"z": "not a column", "when": "timestamp column"} {
		b := table()
		b.Target = target
		if _, err := b.Files(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("target %s: got %v, want it to say %q", target, err, want)
		}
	}
}

// A repository's Pulumi.yaml is Ashlar's own but for where the program is.
func TestPulumiYAMLHasEveryKeyThatTheProgramReads(t *testing.T) {
	ours, err := os.ReadFile("../../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := Pulumi("ashlar", "ashlar")
	if err != nil {
		t.Fatal(err)
	}
	theirs := string(text)
	before, after, found := strings.Cut(string(ours), "runtime: go\nmain: ./cmd/ashlar-stack\n")
	if !found || !strings.HasPrefix(theirs, before) || !strings.HasSuffix(theirs, after) ||
		!strings.Contains(theirs, "binary: bin/ashlar-stack\n") {
		t.Errorf("templates/starter/files/Pulumi.yaml.tmpl is not the root's Pulumi.yaml with a binary for its program")
	}
}

// The bounds are two standard errors above guessing, computed by hand: of the
// rank-sum statistic for two classes of 43 and 7 tested rows, sqrt(51/(12*43*7)) =
// 0.1188; of four classes of 25 tested rows each, a quarter of sqrt(4*3/16/25).
func TestGateLiesAboveGuessing(t *testing.T) {
	for name, c := range map[string]struct {
		classes map[string]int64
		want    string
	}{
		"a number":            {nil, "r2 >0"},
		"one class of 86 %":   {map[string]int64{"no": 172, "yes": 28}, "roc_auc >0.74"},
		"two of 1 in 1000":    {map[string]int64{"no": 99900, "yes": 100}, "roc_auc >0.62"},
		"four of 25 %":        {map[string]int64{"a": 100, "b": 100, "c": 100, "d": 100}, "balanced_accuracy >0.34"},
		"too few to tell":     {map[string]int64{"a": 2, "b": 2}, "roc_auc >0.75"},
		"three, one of 1 row": {map[string]int64{"a": 400, "b": 400, "c": 1}, "balanced_accuracy >0.66"},
	} {
		if g := gate(c.classes); g.Metric+" >"+g.Above != c.want {
			t.Errorf("%s: the gate is %s >%s, want %s", name, g.Metric, g.Above, c.want)
		}
	}
}

func TestQuoteEscapesWhatDoesNotPrint(t *testing.T) {
	if got, want := quote("a\ufeff\"\\(b)\u2028é"), `"a\U0000FEFF\"\\(b)\U00002028é"`; got != want {
		t.Errorf("quoted as %s, want %s", got, want)
	}
}

func TestAProjectIsNamedAfterItsOwnerAndRepository(t *testing.T) {
	for _, c := range [][3]string{
		{"acme", "credit", "acme-credit"}, {"Acme", "Credit Risk", "acme-credit-risk"},
		{"lending", "lending-models", "lending-models"},
		{"", "credit", "credit"}, {"Müller & Co", "x", "m-ller---co-x"},
		{"acme", strings.Repeat("x", 200), "acme-" + strings.Repeat("x", 95)},
	} {
		if got := project(c[0], c[1]); got != c[2] {
			t.Errorf("%s/%s is the project %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
