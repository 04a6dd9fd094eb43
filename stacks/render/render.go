// Package render writes what a program registered (package record) as files:
// the Kubernetes objects as manifests for kubectl, kustomize, Argo CD and Flux,
// the Helm releases as a helmfile, the AWS resources as Terraform JSON. It is
// for teams that keep desired state in Git or use Terraform, and it lets
// the real API server and the real AWS provider judge what we generate.
//
// A value that only a cloud knows is an expression in Terraform, and a
// ${variable} in a manifest, as Flux substitutes it and as Options.Values can;
// main.tf.json has an output of the same name. Secret values are in no file
// but on request.
package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// Files are contents by slash-separated path.
type Files map[string][]byte

// The kinds of files.
const (
	Everything = ""
	Manifests  = "manifests" // and the helmfile
	Terraform  = "terraform"
	Airflow    = "airflow" // DAG files, which others make of what Inputs returns
)

// Only returns the files of a kind.
func (f Files) Only(kind string) Files {
	out := maps.Clone(f)
	maps.DeleteFunc(out, func(path string, _ []byte) bool { return !isKind(path, kind) })
	return out
}

// TakeSecrets takes the files of secrets/ out and returns the names of the Secrets with
// their keys, as namespace/name (key, key), sorted.
// A file's name is the one that place gave it: secret-NAME.yaml in the namespace's
// folder.
func (f Files) TakeSecrets() []string {
	var names []string
	for _, path := range sorted(f) {
		rest, ok := strings.CutPrefix(path, secretsDir)
		if !ok {
			continue
		}
		var object struct {
			Data       map[string]any `yaml:"data"`
			StringData map[string]any `yaml:"stringData"`
		}
		_ = yaml.Unmarshal(f[path], &object) // it was written here
		delete(f, path)
		if folder, file, ok := strings.Cut(rest, "/"); ok {
			keys := append(sorted(object.Data), sorted(object.StringData)...)
			names = append(names, fmt.Sprintf("%s/%s (%s)", folder,
				strings.TrimSuffix(strings.TrimPrefix(file, "secret-"), ".yaml"), strings.Join(keys, ", ")))
		}
	}
	return names
}

// isKind reports whether a file is of the kind. Whatever is neither Terraform nor a
// DAG belongs to the manifests, so that every file is of exactly one kind.
func isKind(path, kind string) bool {
	is := Manifests
	switch {
	case path == terraformFile:
		is = Terraform
	case strings.HasPrefix(path, "dags/"):
		is = Airflow
	}
	return kind == Everything || kind == is
}

// Options say how a recording is written.
type Options struct {
	Region  string            // of the AWS provider
	Values  map[string]string // variables that are known, by name
	Secrets bool              // write secret values into secrets/ rather than ${variables}
	Dir     string            // where the files will be: local files are referred to from there
}

// All returns every file of a recording, or everything that cannot be written.
// The same recording gives the same bytes. What there is none of has no file.
//
// The order of the parts matters: terraform comes last, since it writes an output for
// each variable that the manifests left open.
func All(rec *record.Recording, o Options) (Files, error) {
	values := newResolver(rec, o)
	out := Files{}
	var errs []error
	for _, part := range []func(*record.Recording, *resolver) (Files, error){manifests, helmfile, terraform} {
		files, err := part(rec, values)
		errs = append(errs, err)
		maps.Copy(out, files)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// failed names the resource that a problem is with.
func failed(r *record.Resource, err error) error {
	return fmt.Errorf("%s %s: %w", r.Type, r.Name, err)
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
