// Package recorded reads the resources that rules look at out of what other
// tools wrote down: Kubernetes manifests, `pulumi preview --json` and `pulumi
// stack export`. So the rules hold before anything is asked of a cloud or a
// cluster.
package recorded

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/ashlar-dev/ashlar/policies"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 20

// maxManifests is the largest file of manifests. YAML keeps some two hundred bytes
// of each value beside its text.
const maxManifests = 16 << 20

// Resource is a resource, and what its file says around it.
type Resource struct {
	policies.Registered
	Environment string // that it belongs to, or ""
	File        string
	places      *places // nil where lines say nothing, as in what Pulumi writes
}

// Place is the line and column of the value at the path in the resource, such as
// properties, spec, replicas: that of the closest one above where there is none,
// and zeros where the file has no lines that people wrote.
func (r Resource) Place(path []string) (line, col int) {
	if r.places == nil {
		return 0, 0
	}
	return r.places.of(path)
}

// Read reads a file's resources, in order. A file of another kind is an error,
// so that nothing passes because it was not looked at.
//
// URNs of manifests are made of file and line, as findings are kept by URN and
// several files may have objects of the same name.
func Read(name string, text []byte) ([]Resource, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s: larger than %d MiB; split it", name, MaxSize>>20)
	}
	var out []Resource
	var err error
	if doc, ok := pulumiDocument(text); ok {
		out, err = doc.resources()
	} else if len(text) > maxManifests {
		return nil, fmt.Errorf("%s: manifests of more than %d MiB; split the file", name, maxManifests>>20)
	} else {
		out, err = manifests(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; name Kubernetes manifests, or what `pulumi preview --json` or `pulumi stack export` wrote", name, err)
	}
	for i := range out {
		out[i].File = name
		if line, _ := out[i].Place(nil); line > 0 {
			out[i].URN = fmt.Sprintf("%s:%d", name, line)
		}
	}
	return out, nil
}

// pulumiDocument is the text as what Pulumi writes, if it is that.
// A manifest in JSON has neither deployment nor steps.
func pulumiDocument(text []byte) (document, bool) {
	var doc document
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) || json.Unmarshal(text, &doc) != nil {
		return doc, false
	}
	return doc, doc.Deployment != nil || doc.Steps != nil
}
