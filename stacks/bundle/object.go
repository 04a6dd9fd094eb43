package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/stacks/wave"
)

// Object is a Kubernetes object of a rendering.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	Wave                              int

	body map[string]any
	file string // in the folder of its stage
	text []byte // as it was found; nil: it has to be encoded
}

// String is the object as people call it: Kind namespace/name.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// Group is the API group, "" for the core one.
func (o Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Stage is where the object's wave belongs.
func (o Object) Stage() wave.Stage { return wave.StageOf(o.Wave) }

// At returns the value at a path of names, nil where there is none.
func (o Object) At(path ...string) any {
	var at any = o.body
	for _, name := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[name]
	}
	return at
}

// newObject reads what is known of every object, and refuses what no bundle may hold.
func newObject(body map[string]any) (Object, error) {
	o := Object{body: body}
	o.APIVersion, _ = body["apiVersion"].(string)
	o.Kind, _ = body["kind"].(string)
	o.Name, _ = o.At("metadata", "name").(string)
	o.Namespace, _ = o.At("metadata", "namespace").(string)
	if o.APIVersion == "" || o.Kind == "" || o.Name == "" {
		return o, errors.New("has no apiVersion, kind or metadata.name")
	}
	if o.Kind == "Secret" {
		return o, fmt.Errorf("%s: whoever may pull a bundle would read it; let External Secrets or Sealed Secrets make it, and keep it out of the manifests", o)
	}
	if o.Kind == "Kustomization" && o.Group() == "kustomize.config.k8s.io" {
		return o, fmt.Errorf("%s: a bundle has kustomizations of its own; keep the objects only", o)
	}
	if open := o.variables(); len(open) > 0 {
		return o, fmt.Errorf("%s: the values of %s are open; render with --values FILE, the output of `pulumi stack output --json` or `terraform output -json`", o, strings.Join(open, ", "))
	}
	o.Wave = wave.Of(o.Kind)
	text, given := o.At("metadata", "annotations", wave.Annotation).(string)
	if !given {
		return o, nil
	}
	var ok bool
	if o.Wave, ok = wave.Parse(text); !ok {
		return o, fmt.Errorf("%s: %s %q: write a whole number", o, wave.Annotation, text)
	}
	return o, nil
}

// encode is the object as YAML: as it was found where that says its wave, else with the
// annotation.
func (o Object) encode() ([]byte, error) {
	if _, given := o.At("metadata", "annotations", wave.Annotation).(string); given && o.text != nil {
		return o.text, nil
	}
	body, meta, annotations := maps.Clone(o.body), map[string]any{}, map[string]any{}
	maps.Copy(meta, asMap(o.At("metadata")))
	maps.Copy(annotations, asMap(o.At("metadata", "annotations")))
	annotations[wave.Annotation] = fmt.Sprint(o.Wave)
	meta["annotations"], body["metadata"] = annotations, meta
	return encode(body)
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// encode writes YAML with two spaces, keys sorted by name.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

// variable is what a rendering leaves for a value that only a cloud knows.
var variable = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// variables are the names of open values, sorted. The data of a ConfigMap is text of
// other languages, such as a shell's, in which the same form means something else.
func (o Object) variables() []string {
	found := map[string]bool{}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case string:
			for _, m := range variable.FindAllStringSubmatch(v, -1) {
				found[m[1]] = true
			}
		case map[string]any:
			for _, one := range v {
				visit(one)
			}
		case []any:
			for _, one := range v {
				visit(one)
			}
		}
	}
	for name, v := range o.body {
		if o.Kind != "ConfigMap" || name != "data" {
			visit(v)
		}
	}
	return slices.Sorted(maps.Keys(found))
}
