package recorded

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxKeys bounds the keys of one mapping: YAML's decoder compares each with each,
// and keeps an error for every pair that is the same.
const maxKeys = 20_000

// distinct errs where a mapping has a key twice, or very many.
// The decoder would refuse duplicates too, by comparing every pair; this is linear.
// Aliases are not followed, as what they refer to is looked at where it is written.
func distinct(node *yaml.Node) error {
	type key struct {
		kind  yaml.Kind
		value string
	}
	if node.Kind == yaml.MappingNode {
		if len(node.Content) > 2*maxKeys {
			return fmt.Errorf("line %d: a mapping of more than %d keys", node.Line, maxKeys)
		}
		// Kind and value tell keys apart: an alias and a text of its name differ.
		seen := make(map[key]bool, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			one := node.Content[i]
			k := key{one.Kind, one.Value}
			if seen[k] {
				return fmt.Errorf("line %d: the key %.40q is already defined", one.Line, one.Value)
			}
			seen[k] = true
		}
	}
	for _, one := range node.Content {
		if err := distinct(one); err != nil {
			return err
		}
	}
	return nil
}

// maxReferred bounds how much the references of a file become where each is replaced
// by what it refers to, in bytes. YAML lets a short text stand for any number of
// long ones.
// The attack is known as "billion laughs".
const maxReferred = 8 << 20

// references is a walk that counts what references become.
type references struct {
	limit int
	total int
	in    map[*yaml.Node]bool // what is being referred to
}

func newReferences(limit int) *references {
	return &references{limit: limit, in: map[*yaml.Node]bool{}}
}

// below counts the node's, and returns a little more than the limit at most. What
// contains itself counts once, and is left for the decoder to say.
// 64 bytes are counted for each node beside its text, about what the decoder makes
// of it.
func (r *references) below(node *yaml.Node) int {
	if len(r.in) > 0 {
		r.total += len(node.Value) + 64
	}
	if target := node.Alias; node.Kind == yaml.AliasNode && target != nil && !r.in[target] {
		r.in[target] = true
		r.below(target)
		delete(r.in, target)
	}
	for _, one := range node.Content {
		if r.total > r.limit {
			break
		}
		r.below(one)
	}
	return r.total
}
