package advice

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestAProjectThatEveryRepositoryHasIsNoticed(t *testing.T) {
	for text, line := range map[string]int{
		"# a comment\nname: ashlar\nruntime: go\n": 2, "name: \"ashlar\"\r\n": 1, "name: ashlar-credit\n": 0,
		"name: acme-credit\nconfig:\n  name: ashlar\n": 0, "": 0,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		found := Project(dir, &plan.Plan{Name: "credit", Environment: "dev"})
		if len(found) > 1 || (line > 0) != (len(found) == 1) || line > 0 &&
			(found[0].Line != line || found[0].Refuses()) {
			t.Errorf("%q: %+v", text, found)
		}
	}
	if found := Project(t.TempDir(), &plan.Plan{}); found != nil {
		t.Errorf("without a Pulumi.yaml: %+v", found)
	}
}
