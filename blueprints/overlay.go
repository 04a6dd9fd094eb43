package blueprints

import "cuelang.org/go/cue/ast"

// overlay returns base with over on top: structs are merged field by field, any
// other value replaces the base's, and null takes a field away.
// Neither tree is changed.
func overlay(base, over *node) *node {
	if over == nil {
		return base
	}
	if base == nil || base.kind != structNode || over.kind != structNode {
		return over
	}
	out := &node{pos: base.pos, kind: structNode}
	for _, f := range base.fields {
		o := over.field(f.name)
		if o != nil && o.null() {
			continue
		}
		f.node = overlay(f.node, o)
		out.fields = append(out.fields, f)
	}
	for _, f := range over.fields {
		if base.field(f.name) == nil && !f.node.null() {
			out.fields = append(out.fields, f)
		}
	}
	return out
}

func (n *node) null() bool {
	lit, ok := n.leaf.(*ast.BasicLit)
	return n.kind == leafNode && ok && lit.Value == "null"
}
