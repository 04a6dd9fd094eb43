package render

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// Inputs returns what each resource of the type was given, in the order of their
// URNs, resolved as the values of manifests are: JSON's values, with
// whole numbers as integers, without null members, and with a ${variable} for what
// only a cloud knows and for what is secret. It is how a program hands on what no
// resource stands for. All that cannot be resolved is one error.
func Inputs(rec *record.Recording, token string, o Options) ([]map[string]any, error) {
	values := newResolver(rec, o)
	var out []map[string]any
	var errs []error
	for _, r := range rec.OfType(token) {
		plain, err := values.plain(resource.NewProperty(r.Inputs), nil, values.secrets(r))
		if err != nil {
			errs = append(errs, failed(r, err))
			continue
		}
		one, _ := plain.(map[string]any)
		out = append(out, one)
	}
	return out, errors.Join(errs...)
}
