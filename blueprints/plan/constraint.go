package plan

// Kind is a kind of JSON value. JSON knows one kind of number, CUE two: a
// number without a fraction is an int here, however it was written.
type Kind string

// The kinds.
const (
	NullKind   Kind = "null"
	BoolKind   Kind = "bool"
	IntKind    Kind = "int"
	FloatKind  Kind = "float"
	StringKind Kind = "string"
	ListKind   Kind = "list"
	StructKind Kind = "struct"
)

// The operators on text, which a Comparison may have beside those of a Bound.
const (
	Matches    Op = "=~" // an RE2 expression is found in the text
	NotMatches Op = "!~"
)

// Constraint is a CUE constraint lowered to what can be judged without CUE: by
// the runtime (Compile) and, translated to CEL, by a Kubernetes API server.
//
// A value satisfies it when it satisfies every part that is set, so the zero
// Constraint is CUE's `_`. The meaning is CUE's for a value that must be an
// instance of the constraint: everything that the constraint names is there,
// and everything that is there fits.
type Constraint struct {
	Never   bool         `json:"never,omitempty"` // nothing satisfies it: `_|_`
	All     []Constraint `json:"all,omitempty"`
	Any     []Constraint `json:"any,omitempty"`
	Kinds   []Kind       `json:"kinds,omitempty"` // one of these
	Compare []Comparison `json:"compare,omitempty"`
	Fields  *Fields      `json:"fields,omitempty"`
	Items   *Items       `json:"items,omitempty"`
	Size    *Size        `json:"size,omitempty"`
	Count   *Count       `json:"count,omitempty"`
}

// Comparison compares a value with a constant of the same kind: a number (all
// operators but the text's), text (all), true, false or null (== and !=).
// Another kind of value does not satisfy it, but for != null, which every value
// does that is not null.
type Comparison struct {
	Op    Op  `json:"op"`
	Value any `json:"value"` // a float64, string, bool or nil
}

// Fields is a struct.
type Fields struct {
	Named    map[string]Field `json:"named,omitempty"`
	Patterns []Pattern        `json:"patterns,omitempty"` // hold of every field whose name satisfies them, named or not
	Closed   bool             `json:"closed,omitempty"`   // no fields but those named or of a pattern
}

// Field is one field of a struct. A field that must not be there is optional
// and Never.
type Field struct {
	Optional bool       `json:"optional,omitempty"`
	Is       Constraint `json:"is"`
}

// Pattern constrains the fields whose names satisfy Name.
type Pattern struct {
	Name Constraint `json:"name"`
	Is   Constraint `json:"is"`
}

// Items is a list: the first ones one by one, and the rest, of which there are
// none where Rest is nil.
type Items struct {
	First []Constraint `json:"first,omitempty"`
	Rest  *Constraint  `json:"rest,omitempty"`
}

// Size bounds how many items a list has, fields a struct, or code points a text.
type Size struct {
	Of  Kind `json:"of"` // ListKind, StructKind or StringKind
	Min *int `json:"min,omitempty"`
	Max *int `json:"max,omitempty"`
}

// Count bounds a number of successes: of constraints in Of that the value
// satisfies or, where Each is set, of items of the list that satisfy Each.
type Count struct {
	Of   []Constraint `json:"of,omitempty"`
	Each *Constraint  `json:"each,omitempty"`
	N    Constraint   `json:"n"` // of the number
}
