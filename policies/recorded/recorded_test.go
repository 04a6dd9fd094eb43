package recorded

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const web = `# not an object
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  creationTimestamp: 2024-01-01
  labels: {ashlar.dev/environment: prod}
spec:
  replicas: 3
  template: &pod
    spec: {containers: [{name: a, image: "nginx:1"}]}
  again: *pod
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {A: aGk=}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {A: b}}
`

func read(t *testing.T, text string) []Resource {
	t.Helper()
	out, err := Read("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestManifestsAreReadWithTheirLines(t *testing.T) {
	got := read(t, web)
	var types []string
	for _, r := range got {
		types = append(types, r.Type+" "+r.Name+" "+r.URN)
	}
	want := []string{
		"kubernetes:apps/v1:Deployment web f:3",
		"kubernetes:core/v1:Secret s f:19", "kubernetes:core/v1:ConfigMap c f:20",
	}
	if !reflect.DeepEqual(types, want) {
		t.Fatalf("found %q", types)
	}
	spec := got[0].Properties["spec"].(map[string]any)
	if spec["replicas"] != 3.0 || !reflect.DeepEqual(spec["again"], spec["template"]) {
		t.Errorf("the spec is %v", spec)
	}
	if day := got[0].Properties["metadata"].(map[string]any)["creationTimestamp"]; day != "2024-01-01" ||
		got[0].Environment != "prod" {
		t.Errorf("the day is %v, the environment %q", day, got[0].Environment)
	}
	if want := (plan.Secret{Value: map[string]any{"A": "aGk="}}); !reflect.DeepEqual(got[1].Properties["data"], want) {
		t.Errorf("a Secret's data is %v", got[1].Properties["data"])
	}
	for path, want := range map[string][2]int{
		"properties spec replicas":                         {11, 13},
		"properties spec template spec containers 0 image": {13, 42},
		"properties spec again spec containers 0 image":    {13, 42},
		"properties spec template spec securityContext":    {13, 11},
		"properties spec template spec containers 7":       {13, 24},
		"name":                            {3, 1},
		"":                                {3, 1},
		"properties":                      {3, 1},
		"uses kubernetes:core/v1:Service": {3, 1},
	} {
		if line, col := got[0].Place(strings.Fields(path)); [2]int{line, col} != want {
			t.Errorf("%q is at %d:%d, want %v", path, line, col, want)
		}
	}
	if line, _ := got[2].Place([]string{"properties", "data", "A"}); line != 20 {
		t.Errorf("an item's value is at line %d", line)
	}
}

func TestReferencesAreFollowed(t *testing.T) {
	got := read(t, "x: &k Pod\napiVersion: v1\nkind: *k\ny: &i [{apiVersion: v1, kind: Pod}]\n---\ny: &i [{apiVersion: v1, kind: Pod}]\napiVersion: v1\nkind: List\nitems: *i")
	if len(got) != 2 || got[0].Type != "kubernetes:core/v1:Pod" || got[1].Type != "kubernetes:core/v1:Pod" {
		t.Errorf("found %+v", got)
	}
}

const preview = `{"config": {}, "steps": [
	{"op": "same", "urn": "urn:pulumi:shop-prod::p::pulumi:pulumi:Stack::p-prod", "newState": {"urn": "urn:pulumi:shop-prod::p::pulumi:pulumi:Stack::p-prod", "type": "pulumi:pulumi:Stack"}},
	{"op": "delete", "urn": "urn:pulumi:shop-prod::p::a:b:C::gone"},
	{"op": "create-replacement", "newState": {"urn": "urn:pulumi:shop-prod::p::t$aws:s3/bucketV2:BucketV2::data", "type": "aws:s3/bucketV2:BucketV2", "inputs": {"old": true}}},
	{"op": "replace", "newState": {"urn": "urn:pulumi:shop-prod::p::t$aws:s3/bucketV2:BucketV2::data", "type": "aws:s3/bucketV2:BucketV2",
		"inputs": {
			"__defaults": [], "size": 3, "name": "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "masked": "[secret]",
			"password": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": "\"hunter2\""},
			"sealed": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"},
			"list": [{"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1}, {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", "secret": true}],
			"ref": {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x"},
			"file": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "abc", "text": "long"}
		}, "propertyDependencies": {"name": ["urn:b", "urn:a"], "size": ["urn:a"]}}}
]}`

func TestAPreviewIsReadAsTheEngineHasIt(t *testing.T) {
	got := read(t, preview)
	if len(got) != 2 {
		t.Fatalf("found %d resources: %v", len(got), got)
	}
	r := got[1]
	if r.Name != "data" || r.Type != "aws:s3/bucketV2:BucketV2" || r.Environment != "prod" ||
		!reflect.DeepEqual(r.References, []string{"urn:a", "urn:b"}) {
		t.Errorf("found %+v", r)
	}
	unknown := plan.Unknown{}
	want := map[string]any{
		"size": 3.0, "name": unknown, "masked": plan.Secret{Value: unknown}, "password": plan.Secret{Value: "hunter2"},
		"sealed": plan.Secret{Value: unknown},
		"list":   []any{1.0, plan.Secret{Value: unknown}}, "ref": "urn:x", "file": map[string]any{"hash": "abc"},
	}
	if !reflect.DeepEqual(r.Properties, want) {
		t.Errorf("the properties are\n%v, want\n%v", r.Properties, want)
	}
	if line, col := r.Place([]string{"properties", "size"}); line != 0 || col != 0 {
		t.Errorf("it has a place: %d:%d", line, col)
	}
}

func TestAnExportLeavesOutWhatIsToBeDeleted(t *testing.T) {
	got := read(t, `{"version": 3, "deployment": {"resources": [
		{"urn": "urn:pulumi:dev::p::a:b:C::x", "type": "a:b:C", "delete": true},
		{"urn": "urn:pulumi:dev::p::a:b:C::x", "type": "a:b:C", "inputs": {"a": 1}}]}}`)
	if len(got) != 1 || got[0].Properties["a"] != 1.0 || got[0].Environment != "dev" {
		t.Errorf("found %+v", got)
	}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1":                                         "f: line 1: no object of Kubernetes",
		"[1, 2]":                                       "no object of Kubernetes",
		`{"steps": 3}`:                                 "no object of Kubernetes",
		"{{ .Values.a }}: b\n c: d":                    "yaml",
		"apiVersion: v1\nkind: {a: b}":                 "no object of Kubernetes",
		"apiVersion: v1\nkind: List\nitems: [3]":       "line 3: no object",
		"apiVersion: v1\nkind: A\nx: .inf":             "unsupported value",
		"apiVersion: v1\nkind: A\nx: {1: a}":           "unsupported type",
		"apiVersion: v1\nkind: A\na: &a [*a]":          "contains itself",
		"&l {apiVersion: v1, kind: List, items: [*l]}": "an item is a reference",
		"&l {apiVersion: v1, kind: List, items: *l}":   "contains itself",
		"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: []}]}": "a list in a list",
		"apiVersion: v1\nkind: A\nkind: A":                                               "already defined",
		"apiVersion: v1\nkind: A\n---\n" + bomb(12):                                      "expand to more than 8 MiB",
	} {
		if _, err := Read("f", []byte(text)); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%.60q: %v", text, err)
		}
	}
	if _, err := Read("f", make([]byte, MaxSize+1)); err == nil || !strings.Contains(err.Error(), "64 MiB") {
		t.Errorf("too large: %v", err)
	}
}

// bomb is a few lines that stand for very much.
func bomb(levels int) string {
	out := "apiVersion: v1\nkind: A\na: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range levels {
		name := string(rune('a' + i))
		out += string(rune('b'+i)) + ": &" + string(rune('b'+i)) + " [" + strings.Repeat("*"+name+", ", 10) + "]\n"
	}
	return out
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{web, preview, bomb(2), "a: *a", "apiVersion: v1\nkind: A\n<<: {a: b}",
		`{"deployment":{"resources":[{"inputs":{"a":{"4dabf18193072939515e22adb298388d":1}}}]}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, err := Read("f", []byte(text))
		if err != nil && !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("the error does not name the file: %v", err)
		}
		for _, r := range found {
			if r.Properties == nil {
				t.Errorf("%s has no properties", r.URN)
			}
			r.Place([]string{"properties", "spec", "0"})
		}
	})
}
