package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// resolver turns recorded values into the plain ones of a manifest. It
// remembers which variables it had to leave.
type resolver struct {
	rec     *record.Recording
	options Options
	names   names
	left    map[string]record.Reference // variable -> what it stands for
}

// newResolver returns a resolver for one rendering; it is not safe for concurrent use.
func newResolver(rec *record.Recording, o Options) *resolver {
	return &resolver{rec: rec, options: o, names: newNames(rec), left: map[string]record.Reference{}}
}

// identity says which input an AWS resource's ID repeats.
// AWS uses the name as the ID of these, so that a manifest needs no variable for it.
var identity = map[string]resource.PropertyKey{
	"aws:s3/bucketV2:BucketV2":              "bucket",
	"aws:s3/bucket:Bucket":                  "bucket",
	"aws:iam/role:Role":                     "name",
	"aws:eks/cluster:Cluster":               "name",
	"aws:cloudwatch/logGroup:LogGroup":      "name",
	"aws:ecr/repository:Repository":         "name",
	"aws:rds/subnetGroup:SubnetGroup":       "name",
	"aws:rds/parameterGroup:ParameterGroup": "name",
}

// text puts known values in the place of placeholders and a ${variable} in
// that of the others.
// A literal may hold placeholders itself, so it is resolved in turn; placeholders
// never refer to themselves, as a resource's inputs exist before its outputs.
func (v *resolver) text(s string) (string, error) {
	return v.rec.Expand(s, v.reference, nil)
}

// reference is the text that replaces one placeholder.
func (v *resolver) reference(ref record.Reference) (string, error) {
	if literal := v.literal(ref); literal != nil {
		return v.text(fmt.Sprint(record.Plain(*literal)))
	}
	name := v.names.variable(ref)
	if known, ok := v.options.Values[name]; ok {
		return known, nil
	}
	v.left[name] = ref
	return "${" + name + "}", nil
}

// literal returns the input that an output repeats, nil where the cloud
// decides it.
func (v *resolver) literal(ref record.Reference) *resource.PropertyValue {
	if ref.Literal != nil {
		return ref.Literal
	}
	if len(ref.Path) != 1 || ref.Path[0] != "id" || ref.URN == "" {
		return nil
	}
	owner := v.rec.ByURN(ref.URN)
	if given, ok := owner.Inputs[identity[owner.Type]]; ok && given.IsString() {
		return &given
	}
	return nil
}

// plain returns a value with its placeholders resolved, null members left out
// and whole numbers as integers. A secret is its value, or what otherwise says
// for its path.
// path is where in the resource the value is, for messages and for secrets. Whole
// numbers are integers because the API server refuses 3.0 for a number of replicas.
func (v *resolver) plain(value resource.PropertyValue, path []string, secret func([]string) string) (any, error) {
	switch {
	case value.IsSecret() && secret != nil:
		return hide(value.SecretValue().Element, path, secret), nil
	case value.IsSecret():
		return v.plain(value.SecretValue().Element, path, secret)
	case value.IsObject():
		out := map[string]any{}
		for _, key := range value.ObjectValue().StableKeys() {
			one, err := v.plain(value.ObjectValue()[key], append(path[:len(path):len(path)], string(key)), secret)
			if err != nil {
				return nil, err
			}
			if one != nil {
				out[string(key)] = one
			}
		}
		return out, nil
	case value.IsArray():
		out := make([]any, len(value.ArrayValue()))
		for i, e := range value.ArrayValue() {
			one, err := v.plain(e, append(path[:len(path):len(path)], fmt.Sprint(i)), secret)
			if err != nil {
				return nil, err
			}
			out[i] = one
		}
		return out, nil
	case value.IsString():
		return v.text(value.StringValue())
	case value.IsNumber():
		return v.number(value.NumberValue())
	case value.IsBool():
		return value.BoolValue(), nil
	case value.IsNull():
		return nil, nil
	}
	return nil, fmt.Errorf("%s: a %s has no place in a file", strings.Join(path, "."), value.TypeString())
}

// secrets returns what says for the secret values of a resource, by their path: a
// ${variable} of the resource's name and the last word of the path. It is nil where
// the values themselves are asked for.
func (v *resolver) secrets(r *record.Resource) func([]string) string {
	if v.options.Secrets {
		return nil
	}
	return func(path []string) string {
		name := notWord.ReplaceAllString(r.Name+"_"+path[len(path)-1], "_")
		return "${" + strings.ToLower(strings.Trim(name, "_")) + "}"
	}
}

// number returns an integer where n is one. A number that only the cloud knows
// must be known here: a manifest's number cannot be a variable.
func (v *resolver) number(n float64) (any, error) {
	text := record.NumberText(n)
	refs := v.rec.References(text)
	if len(refs) == 0 {
		if n == float64(int64(n)) {
			return int64(n), nil
		}
		return n, nil
	}
	known, ok := v.options.Values[v.names.variable(refs[0])]
	if !ok {
		return nil, fmt.Errorf("a number that only the cloud knows (%s): give its value", v.names.variable(refs[0]))
	}
	return json.Number(known), nil
}

// hide puts secret(path) in the place of every value below v.
// Every leaf gets a name of its own, so that an object keeps its shape: a Secret's
// data stays a map of keys.
func hide(v resource.PropertyValue, path []string, secret func([]string) string) any {
	if !v.IsObject() {
		return secret(path)
	}
	out := map[string]any{}
	for key, e := range v.ObjectValue() {
		out[string(key)] = hide(e, append(path[:len(path):len(path)], string(key)), secret)
	}
	return out
}
