package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Reference is what a placeholder stands for.
type Reference struct {
	URN  string // of the resource; empty for a data source or a variable
	Data string // name of the data source
	// Variable names an output of another stack that was not known.
	Variable string
	// Path leads to the value from the resource's properties: names, and
	// indices in decimal. ["id"] is the resource's ID.
	Path []string
	// Literal is the input that the output repeats, where it has one. It may
	// hold placeholders.
	Literal *resource.PropertyValue
}

// A placeholder text is the mark and 16 hexadecimal digits of a hash of what
// it stands for, lower case only: it survives JSON, URLs and lower-casing, has
// a fixed width, and does not depend on the order in which resources register.
// A number is 16 decimal digits with a prefix of their own, exact in a float64.
const (
	mark       = "ashlarref"
	numberMark = "7012"
)

var placeholderForm = regexp.MustCompile(mark + `[0-9a-f]{16}|` + numberMark + `\d{12}`)

// sum hashes what a reference stands for.
// The literal is left out: it would change the placeholder with the input, which may
// itself hold placeholders.
func sum(ref Reference) [32]byte {
	// Reference without its literal is plain strings: it always marshals.
	key, _ := json.Marshal([]any{ref.URN, ref.Data, ref.Variable, ref.Path})
	return sha256.Sum256(key)
}

// placeholder returns the text that stands for ref.
// 64 bits of the hash: with the few thousand outputs of a stack, two that collide are
// not to be expected.
func placeholder(ref Reference) string {
	h := sum(ref)
	return mark + hex.EncodeToString(h[:8])
}

// placeholderNumber returns the number that stands for ref.
// It is below 2^53, so that no digit is lost in a float64.
func placeholderNumber(ref Reference) float64 {
	h := sum(ref)
	var n uint64
	for _, b := range h[:8] {
		n = n<<8 | uint64(b)
	}
	return 7012e12 + float64(n%1e12)
}

// Variable returns the placeholder of another stack's output that is not
// known: give it as a value of Run.References.
func Variable(name string) string { return placeholder(Reference{Variable: name}) }

// References returns what the placeholders of text stand for, in order.
// Placeholders of other recordings are left out.
func (r *Recording) References(text string) []Reference {
	var out []Reference
	for _, token := range placeholderForm.FindAllString(text, -1) {
		if ref, ok := r.refs[token]; ok {
			out = append(out, ref)
		}
	}
	return out
}

// Expand replaces every placeholder of text with what fn returns for it. The
// rest of the text is given to between, which may escape it; nil leaves it. A
// placeholder that the program has cut or changed is an error.
// A cut placeholder is noticed by its mark alone, wherever it is.
func (r *Recording) Expand(text string, fn func(Reference) (string, error),
	between func(string) string) (string, error) {
	if between == nil {
		between = func(s string) string { return s }
	}
	// Most texts have none, and an expression takes long to see that.
	if !strings.Contains(text, mark) && !strings.Contains(text, numberMark) {
		return between(text), nil
	}
	var out strings.Builder
	at := 0
	for _, span := range placeholderForm.FindAllStringIndex(text, -1) {
		token := text[span[0]:span[1]]
		ref, ok := r.refs[token]
		if !ok {
			continue // digits that happen to look like a number of ours
		}
		replacement, err := fn(ref)
		if err != nil {
			return "", err
		}
		if err := whole(text[at:span[0]]); err != nil {
			return "", err
		}
		out.WriteString(between(text[at:span[0]]))
		out.WriteString(replacement)
		at = span[1]
	}
	rest := text[at:]
	if err := whole(rest); err != nil {
		return "", err
	}
	out.WriteString(between(rest))
	return out.String(), nil
}

// whole refuses text between placeholders that has a part of one.
func whole(between string) error {
	if strings.Contains(between, mark) {
		return fmt.Errorf("%q holds part of an output that only the cloud knows: the program took it apart instead of passing it on", between)
	}
	return nil
}

// NumberText returns a recorded number as the text in which Expand finds it.
func NumberText(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
