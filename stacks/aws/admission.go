package aws

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// admission registers what the API server enforces in the namespaces of the
// plans, so that a rule holds for objects that no Pulumi program makes too.
func admission(ctx *pulumi.Context, cfg config.Config, b base) error {
	policies := map[string]pulumi.Resource{}
	for _, rule := range cfg.Admission {
		metadata, _ := rule["metadata"].(map[string]any)
		spec, _ := rule["spec"].(map[string]any)
		called, name, options := wordOf(metadata["name"]), wordOf(metadata["name"]), b.options()
		annotations := texts(metadata["annotations"])
		annotations[object.Force] = pulumi.String("true")
		if policy := policies[wordOf(spec["policyName"])]; policy != nil {
			name += "-binding"
			// A binding is nothing without its policy. The engine refuses to preview some of a
			// stack if they depend on what is new and not among them.
			if !cfg.Partial {
				options = append(options, pulumi.DependsOn([]pulumi.Resource{policy}))
			}
		}
		made, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(wordOf(rule["apiVersion"])), Kind: pulumi.String(wordOf(rule["kind"])),
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(called), Labels: texts(metadata["labels"]),
				Annotations: annotations},
			OtherFields: kubernetes.UntypedArgs{"spec": spec},
		}, options...)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		policies[name] = made
	}
	return nil
}

// wordOf is a text in an object of JSON's values; anything else is "". The objects are
// ours, compiled from rules, so a field of another type is one that is absent.
func wordOf(v any) string {
	s, _ := v.(string)
	return s
}

// texts are the labels or annotations of an object.
func texts(v any) pulumi.StringMap {
	m, _ := v.(map[string]any)
	out := pulumi.StringMap{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out[key] = pulumi.String(wordOf(m[key]))
	}
	return out
}
