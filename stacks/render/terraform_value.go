package render

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// expressions translates the values of one resource and remembers which
// addresses they refer to.
type expressions struct {
	*translation
	typ, address string
	used         map[string]bool
}

// object translates the properties of an object, with the provider's names.
func (w *expressions) object(m resource.PropertyMap, path []string) (object, error) {
	out := object{}
	for _, key := range m.StableKeys() {
		if strings.HasPrefix(string(key), "__") {
			continue // the SDK's own bookkeeping
		}
		name := property(w.typ, string(key))
		translate := w.value
		if freeForm[name] {
			translate = w.free
		}
		value, err := translate(m[key], append(path[:len(path):len(path)], name))
		if err != nil {
			return nil, err
		}
		if value != nil {
			out[name] = value
		}
	}
	return out, nil
}

// value translates any value. Numbers that only the cloud knows become expressions,
// which Terraform converts. Null is left out.
func (w *expressions) value(v resource.PropertyValue, path []string) (any, error) {
	switch {
	case v.IsSecret():
		return hide(v.SecretValue().Element, path, w.secret), nil
	case v.IsObject():
		return w.object(v.ObjectValue(), path)
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			one, err := w.value(e, append(path[:len(path):len(path)], strconv.Itoa(i)))
			if err != nil {
				return nil, err
			}
			out[i] = one
		}
		return out, nil
	case v.IsString():
		return w.text(v.StringValue())
	case v.IsNumber():
		if text := record.NumberText(v.NumberValue()); len(w.rec.References(text)) > 0 {
			return w.text(text)
		}
		return v.NumberValue(), nil
	case v.IsBool():
		return v.BoolValue(), nil
	case v.IsAsset() && v.AssetValue().IsPath():
		return w.file(v.AssetValue().Path)
	case v.IsNull():
		return nil, nil
	}
	return nil, fmt.Errorf("%s: a %s has no place in Terraform", strings.Join(path, "."), v.TypeString())
}

// file writes the path of a local file as seen from the module.
// The path is relative to the module, so that the rendered folder can be moved with
// what it refers to.
func (w *expressions) file(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(w.dir)
	if err != nil {
		return "", err
	}
	from, err := filepath.Rel(dir, path)
	return "${path.module}/" + templateEscape.Replace(filepath.ToSlash(from)), err
}

// free translates a map whose keys are kept as they are.
// Keys such as tags are the user's own: neither snake case nor the plural rule
// applies.
func (w *expressions) free(v resource.PropertyValue, path []string) (any, error) {
	if !v.IsObject() {
		return w.value(v, path)
	}
	out := object{}
	for _, key := range v.ObjectValue().StableKeys() {
		one, err := w.value(v.ObjectValue()[key], append(path[:len(path):len(path)], string(key)))
		if err != nil {
			return nil, err
		}
		out[string(key)] = one
	}
	return out, nil
}

// secret declares a sensitive variable and returns the reference to it.
// The name is made of address and path, so that each secret has its own.
func (w *expressions) secret(path []string) string {
	name := strings.Trim(notWord.ReplaceAllString(w.address+"_"+strings.Join(path, "_"), "_"), "_")
	w.variables[name] = true
	return "${var." + name + "}"
}

// In Terraform's templates ${ and %{ begin expressions; doubled signs are text.
var templateEscape = strings.NewReplacer("${", "$${", "%{", "%%{")

// text writes a text as a Terraform template.
// A text in base64 that holds placeholders, such as user data, is written as
// base64encode of the text: Terraform could not put a value into the encoded form.
func (w *expressions) text(s string) (string, error) {
	if hidden, ok := decoded(s); ok && len(w.rec.References(hidden)) > 0 {
		inner, err := w.rec.Expand(hidden, w.reference, func(between string) string {
			quoted := strconv.Quote(templateEscape.Replace(between))
			return quoted[1 : len(quoted)-1]
		})
		return `${base64encode("` + inner + `")}`, err
	}
	return w.rec.Expand(s, w.reference, templateEscape.Replace)
}

// decoded returns what a base64 text holds.
// Short texts are left alone: many words happen to be valid base64.
func decoded(s string) (string, bool) {
	if len(s) < 24 {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	return string(raw), err == nil
}

// reference declares the variable, or notes the address, that an expression uses. A
// variable that is sensitive already stays so.
func (w *expressions) reference(ref record.Reference) (string, error) {
	if ref.Variable != "" {
		if _, ok := w.variables[snake(ref.Variable)]; !ok {
			w.variables[snake(ref.Variable)] = false
		}
	}
	if address, ok := w.names.resources[ref.URN]; ok {
		w.used[address] = true
	}
	return "${" + w.names.expression(ref) + "}", nil
}
