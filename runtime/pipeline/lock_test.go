//go:build unix

package pipeline

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/lockfile/dvc"
)

// TestTheLockIsAcceptedByTheSchema holds the lock of every kind of stage to the
// schema of dvc.lock 2.0.
func TestTheLockIsAcceptedByTheSchema(t *testing.T) {
	schema, err := jsonschema.Compile("testdata/dvc.lock.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.write("in.txt", "1\n")
	stages := diamond()
	stages["e"] = plan.Stage{Cmd: []string{"mkdir -p many/deep", "touch many/a many/deep/b"},
		Outs: []string{"many"}, Plots: nil}
	stages["f"] = plan.Stage{Cmd: []string{"true"}}
	w.must(line(stages, withDepth(3)))
	text := w.dvcLock("l")
	check := func(text string) error {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			return err
		}
		b, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		var plain any
		if err := json.Unmarshal(b, &plain); err != nil {
			return err
		}
		return schema.Validate(plain)
	}
	if err := check(text); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	for from, to := range map[string]string{`schema: "2.0"`: "schema: 2.0", "hash: md5": "hash: sha256",
		"    cmd: \"true\"": "    command: \"true\"", "nfiles: 2": "nfile: 2"} {
		if !strings.Contains(text, from) {
			t.Errorf("the lock has no %q:\n%s", from, text)
			continue
		}
		if check(strings.Replace(text, from, to, 1)) == nil {
			t.Errorf("the schema accepts %q, so it proves nothing", to)
		}
	}
}

// dvcLock is the pipeline's lock as a dvc.lock.
func (w *world) dvcLock(pipeline string) string {
	w.t.Helper()
	lock, err := Lock(context.Background(), w.store, pipeline)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := dvc.YAML(lock)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}
