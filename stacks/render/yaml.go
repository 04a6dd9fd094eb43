package render

import (
	"bytes"
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// first are the members that people expect at the top of an object.
var first = map[string]int{"apiVersion": -4, "kind": -3, "metadata": -2, "name": -1}

// encode writes a document as YAML: two spaces, the well-known members first,
// the others by name.
func encode(v any) ([]byte, error) {
	node, err := node(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(node); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

// node builds the document by hand, for the encoder would sort keys by name alone.
func node(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case map[string]any:
		out := &yaml.Node{Kind: yaml.MappingNode}
		keys := slices.SortedFunc(slices.Values(sorted(v)), func(a, b string) int {
			return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b))
		})
		for _, key := range keys {
			k, err := node(key)
			if err != nil {
				return nil, err
			}
			value, err := node(v[key])
			if err != nil {
				return nil, err
			}
			out.Content = append(out.Content, k, value)
		}
		return out, nil
	case []any:
		out := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range v {
			value, err := node(e)
			if err != nil {
				return nil, err
			}
			out.Content = append(out.Content, value)
		}
		return out, nil
	default:
		out := &yaml.Node{}
		return out, out.Encode(v)
	}
}
