package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxText bounds String, in bytes.
const maxText = 200

// String writes the constraint as CUE does, for people: long ones are cut, so
// it cannot always be read back.
func (c Constraint) String() string {
	out := c.text(true)
	if len(out) > maxText {
		out = strings.ToValidUTF8(out[:maxText], "") + "..."
	}
	return out
}

// text writes the constraint; at the outside alternatives need no brackets.
func (c Constraint) text(outside bool) string {
	if c.Never {
		return "_|_"
	}
	var parts []string
	if len(c.Kinds) > 0 && (len(c.Kinds) > 1 || len(c.Compare) == 0 || c.Kinds[0] == IntKind) {
		parts = append(parts, kindsText(c.Kinds))
	}
	for _, cmp := range c.Compare {
		parts = append(parts, cmp.String())
	}
	for _, a := range c.All {
		parts = append(parts, a.text(false))
	}
	if c.Size != nil {
		parts = append(parts, c.Size.text()...)
	}
	if c.Fields != nil {
		parts = append(parts, c.Fields.text())
	}
	if c.Items != nil {
		parts = append(parts, c.Items.text())
	}
	if c.Count != nil {
		parts = append(parts, c.Count.text())
	}
	if len(c.Any) > 0 {
		text := joined(c.Any, " | ")
		if len(parts) > 0 || !outside {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "_"
	}
	return strings.Join(parts, " & ")
}

func joined(cs []Constraint, between string) string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.text(len(cs) == 1)
	}
	return strings.Join(out, between)
}

func kindsText(kinds []Kind) string {
	if slices.Contains(kinds, IntKind) && slices.Contains(kinds, FloatKind) && len(kinds) == 2 {
		return "number"
	}
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
		switch k {
		case ListKind:
			words[i] = "[...]"
		case StructKind:
			words[i] = "{...}"
		}
	}
	return strings.Join(words, " | ")
}

// String is the operator and the constant; of == the constant alone.
func (c Comparison) String() string {
	if c.Op == Equal {
		return literal(c.Value)
	}
	return string(c.Op) + literal(c.Value)
}

func (s *Size) text() []string {
	words := map[Kind][2]string{ListKind: {"list.MinItems", "list.MaxItems"},
		StructKind: {"struct.MinFields", "struct.MaxFields"},
		StringKind: {"strings.MinRunes", "strings.MaxRunes"}}[s.Of]
	var out []string
	if s.Min != nil {
		out = append(out, fmt.Sprintf("%s(%d)", words[0], *s.Min))
	}
	if s.Max != nil {
		out = append(out, fmt.Sprintf("%s(%d)", words[1], *s.Max))
	}
	return out
}

func (f *Fields) text() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f.Named)) {
		field, mark := f.Named[name], ""
		if field.Optional {
			mark = "?"
		}
		parts = append(parts, labelText(name)+mark+": "+field.Is.text(true))
	}
	for _, p := range f.Patterns {
		parts = append(parts, "["+p.Name.text(true)+"]: "+p.Is.text(true))
	}
	text := "{" + strings.Join(parts, ", ") + "}"
	if f.Closed {
		return "close(" + text + ")"
	}
	if len(parts) == 0 {
		return "{...}"
	}
	return text
}

// labelText quotes a field's name where CUE would.
func labelText(name string) string {
	plain := name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) && (name[0] < '0' || name[0] > '9') && name[0] != '_'
	if plain {
		return name
	}
	return literal(name)
}

// literal writes a scalar as JSON and CUE both do.
func literal(v any) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (i *Items) text() string {
	var parts []string
	for _, c := range i.First {
		parts = append(parts, c.text(true))
	}
	if i.Rest != nil {
		rest := i.Rest.text(true)
		if rest == "_" {
			rest = ""
		}
		parts = append(parts, "..."+rest)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (n *Count) text() string {
	if n.Each != nil {
		return fmt.Sprintf("list.MatchN(%s, %s)", n.N.text(true), n.Each.text(true))
	}
	return fmt.Sprintf("matchN(%s, [%s])", n.N.text(true), joined(n.Of, ", "))
}
