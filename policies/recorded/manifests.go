package recorded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// manifests are the objects of Kubernetes in a file of YAML or JSON, those in
// lists too.
func manifests(text []byte) ([]Resource, error) {
	var out []Resource
	// Of the whole file, so that many documents cannot each use the limit.
	left := maxReferred
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		// Documents between "---" may be empty.
		if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].ShortTag() == "!!null" {
			continue // only a comment
		}
		// Before anything is decoded: the checks bound what decoding costs.
		if err := distinct(doc.Content[0]); err != nil {
			return nil, err
		}
		if left -= newReferences(left).below(doc.Content[0]); left < 0 {
			return nil, fmt.Errorf("line %d: the aliases (*NAME) expand to more than %d MiB; use fewer of them",
				doc.Content[0].Line, maxReferred>>20)
		}
		found, err := objects(doc.Content[0], false)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
}

// objects is the object of the node, or those of the list that it is. A list in
// a list, and an item by reference, would let a short file stand for any number.
// Its type is Pulumi's token for the kind, so that one rule is about both.
func objects(node *yaml.Node, inList bool) ([]Resource, error) {
	p := &places{root: node}
	kind, version := p.text("kind"), p.text("apiVersion")
	if kind == "" || version == "" {
		return nil, fmt.Errorf("line %d: no object of Kubernetes, which has an apiVersion and a kind", node.Line)
	}
	if items := below(node, "items"); strings.HasSuffix(kind, "List") && items != nil &&
		items.Kind == yaml.SequenceNode {
		if inList {
			return nil, fmt.Errorf("line %d: a list in a list", node.Line)
		}
		var out []Resource
		for _, item := range items.Content {
			if item.Kind == yaml.AliasNode {
				return nil, fmt.Errorf("line %d: an item is a reference to another; write it out", item.Line)
			}
			found, err := objects(item, true)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
		return out, nil
	}
	properties, err := plain(node)
	if err != nil {
		return nil, err
	}
	// Findings must not show what a manifest holds in it.
	if kind == "Secret" {
		for _, name := range []string{"data", "stringData"} {
			if v, ok := properties[name]; ok {
				properties[name] = plan.Secret{Value: v}
			}
		}
	}
	group := version
	if !strings.Contains(version, "/") {
		group = "core/" + version
	}
	return []Resource{{
		Registered: policies.Registered{Type: "kubernetes:" + group + ":" + kind,
			Name: p.text("metadata", "name"), Properties: properties},
		Environment: p.text("metadata", "labels", "ashlar.dev/environment"),
		places:      p,
	}}, nil
}

// plain is the node as JSON has it. Dates are texts, as Kubernetes has them.
// Going through JSON gives rules the types that they get everywhere: float64 for
// numbers and texts for keys. It changes the node.
func plain(node *yaml.Node) (map[string]any, error) {
	undate(node)
	var v map[string]any
	if err := node.Decode(&v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", node.Line, err)
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}

// undate makes texts of dates, which YAML 1.1 would read as times.
func undate(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!timestamp" {
		node.Tag = "!!str"
	}
	for _, one := range node.Content {
		undate(one)
	}
}

// places finds the lines of an object's values.
type places struct{ root *yaml.Node }

// text is the text at the path, or "".
func (p *places) text(path ...string) string {
	at := p.root
	for _, name := range path {
		if at = below(at, name); at == nil {
			return ""
		}
	}
	return at.Value
}

// of is the place of the value at the path, or of the closest one above it.
// Only paths into the properties have a place: what is derived, such as pod, is
// mapped to properties before.
func (p *places) of(path []string) (line, col int) {
	at := p.root
	line, col = at.Line, at.Column
	if len(path) == 0 || path[0] != "properties" {
		return line, col
	}
	for _, name := range path[1:] {
		if at = below(at, name); at == nil {
			break
		}
		line, col = at.Line, at.Column
	}
	return line, col
}

// below is what a node holds under a name or number, or nil.
func below(node *yaml.Node, name string) *yaml.Node {
	var found *yaml.Node
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content) && found == nil; i += 2 {
			if node.Content[i].Value == name {
				found = node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
			found = node.Content[i]
		}
	}
	if found != nil && found.Kind == yaml.AliasNode {
		return found.Alias
	}
	return found
}
