// Package object is what every Kubernetes object of ours has in common: a name
// and labels that an API server takes, checked before anything is registered.
// It exists because an API server reports one object's problem at a time, when
// others are there already.
package object

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The labels that selectors and people find objects by. The first three are
// Kubernetes' recommended ones.
const (
	LabelName      = "app.kubernetes.io/name"      // the concept's name: "scoring"
	LabelComponent = "app.kubernetes.io/component" // the concept: "endpoint"
	LabelInstance  = "app.kubernetes.io/instance"  // the blueprint: "credit-risk"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelPartOf    = "app.kubernetes.io/part-of"

	LabelEnvironment = "ashlar.dev/environment" // the blueprint's environment: "prod"
	LabelOwner       = "ashlar.dev/owner"       // the blueprint's team: "lending"
	LabelTenant      = "ashlar.dev/tenant"      // the name of the stack that has the object: "acme-credit"
)

// AnnotationManager says on a namespace which stack manages it, as PROJECT/STACK, so
// that another one finds out before it changes anything there.
const AnnotationManager = "ashlar.dev/stack"

// The longest names. A CronJob's and a CronWorkflow's leave room for the
// timestamp that their runs are named with.
const (
	MaxLabel = 63
	MaxCron  = 52
)

// SkipAwait tells Pulumi not to wait for the object to become ready. An
// endpoint is not ready before a model has been trained and approved, which no
// `pulumi up` can wait for.
const SkipAwait = "pulumi.com/skipAwait"

var nameForm = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// CheckName reports a name that cannot be a DNS label of at most longest
// characters. noun says what it names.
func CheckName(noun, name string, longest int) error {
	switch {
	case len(name) > longest:
		return fmt.Errorf("%s %q: %d characters, at most %d", noun, name, len(name), longest)
	case !nameForm.MatchString(name):
		return fmt.Errorf("%s %q: want lower-case letters, digits and dashes, a letter first", noun, name)
	}
	return nil
}

// CheckLabels reports every key and value that is no label of Kubernetes.
func CheckLabels(labels map[string]string) error {
	var found []error
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !isKey(key) {
			found = append(found, fmt.Errorf("label %q: no key of a label", key))
		}
		if !isValue(labels[key]) {
			found = append(found, fmt.Errorf("label %s %q: want at most 63 letters, digits, '.', '_' or '-' between letters or digits", key, labels[key]))
		}
	}
	return errors.Join(found...)
}

// Value makes text a label's value: what a label cannot hold becomes a dash,
// and what is too long is cut.
func Value(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < 128 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("._-", r)) {
			return r
		}
		return '-'
	}, text)
	return strings.Trim(clean[:min(len(clean), MaxLabel)], "._-")
}

// Force lets Pulumi take back a field that somebody has changed by hand. Without it a
// preview that looks at the cluster ends in a conflict of field managers, where people
// want to see the difference. Other tools are not told: rendering leaves it out.
const Force = "pulumi.com/patchForce"

// Meta is the metadata of an object; an empty namespace or name is left out.
func Meta(namespace, name string, labels, annotations map[string]string) *metav1.ObjectMetaArgs {
	m := &metav1.ObjectMetaArgs{Labels: pulumi.ToStringMap(labels)}
	if name != "" {
		m.Name = pulumi.String(name)
	}
	if namespace != "" {
		m.Namespace = pulumi.String(namespace)
	}
	m.Annotations = pulumi.ToStringMap(With(annotations, Force, "true"))
	return m
}

// With returns a copy of labels with the pairs added.
func With(labels map[string]string, pairs ...string) map[string]string {
	out := make(map[string]string, len(labels)+len(pairs)/2)
	maps.Copy(out, labels)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}
