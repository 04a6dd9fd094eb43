package starter

import (
	"os"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func table() Blueprint {
	return Blueprint{
		Name: "my-model", Source: "data/t.csv", Target: "y", Team: "a", Email: "a@example.com",
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
	for _, want := range []string{`package my_model`, `"odd \"name\"\\": {type: "number", nullable: true}`, `"y": {type: "category", values: ["no", "yes"]}`, "accuracy: >0.5"} {
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
	for target, want := range map[string]string{"z": "is no column", "when": "timestamp column"} {
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
	files, err := Static("shop")
	if err != nil {
		t.Fatal(err)
	}
	theirs := string(files["Pulumi.yaml"])
	before, after, found := strings.Cut(string(ours), "runtime: go\nmain: ./cmd/ashlar-stack\n")
	if !found || !strings.HasPrefix(theirs, before) || !strings.HasSuffix(theirs, after) || !strings.Contains(theirs, "binary: bin/ashlar-stack\n") {
		t.Errorf("templates/starter/files/Pulumi.yaml.tmpl is not the root's Pulumi.yaml with a binary for its program")
	}
}
