package main

import (
	"maps"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// ours gives the keys of the project's own namespace, which is what `pulumi config
// set` writes, the namespace that config is read in. One that is set there already
// counts: Pulumi.yaml declares a default of every key in the project's.
func ours(values map[string]string, project string) map[string]string {
	out := maps.Clone(values)
	for key, value := range values {
		name, of := strings.CutPrefix(key, project+":")
		if _, set := values[qualified(name)]; of && !set {
			delete(out, key)
			out[qualified(name)] = value
		}
	}
	return out
}

// maxProject bounds a Pulumi.yaml.
const maxProject = 1 << 20

// projectOf is the name that the Pulumi.yaml of the folder gives the project, "" where
// there is none.
func projectOf(dir string) string {
	text, err := plan.ReadFile(filepath.Join(dir, "Pulumi.yaml"), maxProject)
	if err != nil {
		return ""
	}
	var file struct{ Name string }
	if yaml.Unmarshal(text, &file) != nil {
		return ""
	}
	return file.Name
}

// stackFile is how Pulumi names the file of a stack's config.
var stackFile = regexp.MustCompile(`^Pulumi\.(.+)\.ya?ml$`)

// stackOf is the stack whose config the file is, or the one that the layer and the
// environment have in the examples.
func stackOf(file, layer, environment string) string {
	if found := stackFile.FindStringSubmatch(filepath.Base(file)); found != nil {
		return found[1]
	}
	if layer == "" || layer == "workloads" {
		return environment
	}
	return layer + "-" + environment
}
