// Package config is what a blueprint's pods are told: the plan, and how to
// reach the database where a password is part of it.
//
// The plan is an immutable ConfigMap named by its content, so a changed plan is
// another object and every pod that mounts it is rolled; a pod of the old
// version that starts late still finds the plan that it belongs to, because
// the old object is kept until its namespace goes.
package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// MaxPlan is the largest plan in bytes: a ConfigMap holds 1 MiB, keys included.
const MaxPlan = 1<<20 - 1024

// The Secret that holds the URL of the database's owner, and the key of every
// Secret that holds a URL.
const (
	SecretName  = "ashlar-secrets"
	DatabaseKey = "database" // a postgres:// URL with its password
)

// Args says what pods are told.
type Args struct {
	Namespace string
	Labels    map[string]string
	Plan      []byte // canonical JSON; empty: pods need none
	// Code are files of the repository that stages read, by path; nil: none.
	Code map[string][]byte
	// Databases are URLs that hold a password, each by the Secret that it is to
	// be in; none where pods have identities.
	Databases map[string]pulumi.StringInput
	// Secrets are more of them, each with its keys.
	Secrets map[string]pulumi.StringMap
	After   []pulumi.Resource // what must be there first
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("config: no arguments")
	}
	found := []error{object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels)}
	for name := range a.Secrets {
		found = append(found, object.CheckName("secret", name, object.MaxLabel))
	}
	for name := range a.Databases {
		found = append(found, object.CheckName("secret", name, object.MaxLabel))
	}
	if len(a.Plan) == 0 && len(a.Databases) == 0 {
		found = append(found, errors.New("config: neither a plan nor a database: there is nothing to configure"))
	}
	if len(a.Plan) > MaxPlan {
		found = append(found, fmt.Errorf("config: the plan is %d bytes and a ConfigMap holds %d: split the blueprint",
			len(a.Plan), MaxPlan))
	}
	if n := codeBytes(a.Code); n > MaxPlan {
		found = append(found, fmt.Errorf("config: the files that stages read are %d bytes and a ConfigMap holds %d: put data into the dataset's bucket, or the code into the stage's image", n, MaxPlan))
	}
	return errors.Join(found...)
}

// PlanName is the ConfigMap's name: "plan-" and the beginning of the digest.
func PlanName(plan []byte) string { return "plan-" + digest(plan)[:12] }

// digest is the SHA-256 in hexadecimal digits.
func digest(plan []byte) string {
	sum := sha256.Sum256(plan)
	return hex.EncodeToString(sum[:])
}

// Config is what pods are told.
type Config struct {
	pulumi.ResourceState

	// Objects must be there before a pod that mounts them.
	Objects []pulumi.Resource
}

// New registers the ConfigMap, and Secrets where there is something to hide.
// The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Config, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Config{}
	if err := ctx.RegisterComponentResource("ashlar:config:Config", name, c, opts...); err != nil {
		return nil, fmt.Errorf("config %s: %w", name, err)
	}
	if len(args.Plan) > 0 {
		plan, err := args.plan(ctx, name, c)
		if err != nil {
			return nil, fmt.Errorf("config %s: plan: %w", name, err)
		}
		c.Objects = append(c.Objects, plan)
	}
	if len(args.Code) > 0 {
		code, err := args.code(ctx, name, c)
		if err != nil {
			return nil, fmt.Errorf("config %s: code: %w", name, err)
		}
		c.Objects = append(c.Objects, code)
	}
	secrets := maps.Clone(args.Secrets)
	if secrets == nil {
		secrets = map[string]pulumi.StringMap{}
	}
	for called, url := range args.Databases {
		secrets[called] = pulumi.StringMap{DatabaseKey: url.ToStringOutput()}
	}
	for _, called := range slices.Sorted(maps.Keys(secrets)) {
		secret, err := corev1.NewSecret(ctx, name+"-"+called, &corev1.SecretArgs{
			Metadata:   object.Meta(args.Namespace, called, args.Labels, nil),
			Type:       pulumi.String("Opaque"),
			StringData: pulumi.ToSecret(secrets[called]).(pulumi.StringMapOutput),
		}, pulumi.Parent(c), pulumi.DependsOn(args.After))
		if err != nil {
			return nil, fmt.Errorf("config %s: secret: %w", name, err)
		}
		c.Objects = append(c.Objects, secret)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// kept are the annotations of an object that is named by its content. A return to
// earlier content finds its object and takes it over.
func kept(what, digest string) map[string]string {
	return map[string]string{
		"ashlar.dev/" + what + "-digest":    "sha256:" + digest,
		"argocd.argoproj.io/sync-options":   "Prune=false",
		"kustomize.toolkit.fluxcd.io/prune": "disabled",
	}
}

// plan registers the plan as a ConfigMap named by its digest. It is immutable and
// stays when it is replaced: pods of the version before still mount it while a rollout
// runs.
func (a *Args) plan(ctx *pulumi.Context, name string, c *Config) (*corev1.ConfigMap, error) {
	return corev1.NewConfigMap(ctx, name, &corev1.ConfigMapArgs{
		Metadata:  object.Meta(a.Namespace, PlanName(a.Plan), a.Labels, kept("plan", digest(a.Plan))),
		Immutable: pulumi.Bool(true),
		Data:      pulumi.StringMap{pod.PlanFile: pulumi.String(string(a.Plan))},
	}, pulumi.Parent(c), pulumi.DependsOn(a.After), pulumi.RetainOnDelete(true))
}
