package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	blueprintexamples "github.com/ashlar-dev/ashlar/blueprints/examples"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverSingleValuesOverTheFile(t *testing.T) {
	file := write(t, "Pulumi.prod.yaml",
		"config:\n  aws:region: eu-west-1\n  ashlar:environment: prod\n  ashlar:name: a\n  ashlar:cluster: {minNodes: 3}\n  ashlar:databaseUrl: {secure: v1:abc}\n  ashlar:monitoring: true\n")
	s := settings{file: file, set: []string{"name=b", "environment=staging",
		"aws:region=eu-north-1"}, environment: "dev"}
	got, err := s.config()
	want := map[string]string{"aws:region": "eu-north-1", "ashlar:environment": "dev", "ashlar:name": "b",
		"ashlar:cluster": `{"minNodes":3}`, "ashlar:monitoring": "true"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("config %v (%v), want %v", got, err, want)
	}
	s = settings{file: write(t, "Pulumi.bad.yaml", "config: [")}
	if _, err := s.config(); err == nil || !strings.Contains(err.Error(), "Pulumi.bad.yaml") {
		t.Errorf("a file that is no YAML: %v", err)
	}
}

func TestAProjectOfAnotherNameHasItsKeysInItsOwnNamespace(t *testing.T) {
	var e engineRun
	e.capture(&pulumi.RunInfo{Project: "models", Config: map[string]string{
		"models:environment": "prod", "models:name": "theirs", "ashlar:name": "ours", "aws:region": "eu-west-1",
	}})
	want := map[string]string{"ashlar:environment": "prod", "models:name": "theirs", "ashlar:name": "ours",
		"aws:region": "eu-west-1"}
	if !maps.Equal(e.values, want) {
		t.Errorf("config %v, want %v", e.values, want)
	}
	e.capture(&pulumi.RunInfo{Project: "ashlar", Config: map[string]string{"ashlar:environment": "prod"}})
	if !maps.Equal(e.values, map[string]string{"ashlar:environment": "prod"}) {
		t.Errorf("config %v", e.values)
	}
}

func TestValuesComeFromPulumiAndFromTerraform(t *testing.T) {
	pulumi := write(t, "p.json", `{"databaseHost": "db.example.com", "databasePort": 5432}`)
	terraform := write(t, "t.json", `{"network_cidr": {"sensitive": false, "type": "string", "value": "10.0.0.0/16"}}`)
	got, err := readValues([]string{pulumi, terraform})
	want := map[string]string{"database_host": "db.example.com", "database_port": "5432", "network_cidr": "10.0.0.0/16"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("values %v (%v), want %v", got, err, want)
	}
	if _, err := readValues([]string{write(t, "list.json", "[]")}); err == nil ||
		!strings.Contains(err.Error(), "JSON object") {
		t.Errorf("a list: %v", err)
	}
}

func TestBlueprintsAreFoundBelowTheProject(t *testing.T) {
	dirs, err := blueprints.Find("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range blueprintexamples.All() {
		found := false
		for _, dir := range dirs {
			found = found || filepath.Base(dir) == name
		}
		if !found {
			t.Errorf("%s is not among %v", name, dirs)
		}
	}
	if len(dirs) != len(blueprintexamples.All()) {
		t.Errorf("found %v", dirs)
	}
	dirs, err = chosen("/project", `["models/a", "/elsewhere"]`)
	if err != nil || strings.Join(dirs, " ") != "/project/models/a /elsewhere" {
		t.Errorf("chosen %v (%v)", dirs, err)
	}
	if dirs, err = chosen("/project", "models/a, models/b"); err != nil || len(dirs) != 2 ||
		dirs[1] != "/project/models/b" {
		t.Errorf("chosen %v (%v)", dirs, err)
	}
	if _, err = chosen("/project", `["a"`); err == nil {
		t.Error("half a list is no list")
	}
}

func TestTheProjectIsTheFolderOfPulumiYAML(t *testing.T) {
	root := t.TempDir()
	inner := filepath.Join(root, "cmd", "program")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Pulumi.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inner)
	if got := projectRoot(""); got != root {
		t.Errorf("root %s, want %s", got, root)
	}
	if got := projectRoot("/said"); got != "/said" {
		t.Errorf("what the engine says is not believed: %s", got)
	}
}

func TestARenderingIsOfTheStackThatItsConfigNames(t *testing.T) {
	for _, c := range []struct{ file, layer, environment, want string }{
		{"deploy/Pulumi.eu-prod.yaml", "workloads", "prod", "eu-prod"}, {"", "workloads", "prod", "prod"},
		{"other.yaml", "", "dev", "dev"}, {"", "foundation", "dev", "foundation-dev"},
	} {
		if got := stackOf(c.file, c.layer, c.environment); got != c.want {
			t.Errorf("%+v: stack %s", c, got)
		}
	}
	file := write(t, "Pulumi.yaml", "name: acme-credit\nruntime: go\n")
	if got := projectOf(filepath.Dir(file)); got != "acme-credit" {
		t.Errorf("project %q", got)
	}
	for _, dir := range []string{t.TempDir(), filepath.Dir(write(t, "Pulumi.yaml", "name: ["))} {
		if got := projectOf(dir); got != "" {
			t.Errorf("project %q of nothing", got)
		}
	}
}
