package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// outputs gathers what the workloads' stack tells people. None of it is secret.
type outputs struct {
	blueprints map[string]*summary
}

// summary is what people need to know of one blueprint.
type summary struct {
	namespace, digest string
	urls, commands    map[string]string
	buckets, uploads  map[string]pulumi.StringInput
}

// newOutputs returns outputs of no blueprint. A program is one goroutine's, and so are
// they.
func newOutputs() *outputs { return &outputs{blueprints: map[string]*summary{}} }

// of returns what is told of a blueprint, empty at first.
func (o *outputs) of(blueprint string) *summary {
	if o.blueprints[blueprint] == nil {
		o.blueprints[blueprint] = &summary{
			urls: map[string]string{}, commands: map[string]string{},
			buckets: map[string]pulumi.StringInput{}, uploads: map[string]pulumi.StringInput{},
		}
	}
	return o.blueprints[blueprint]
}

// url is where an endpoint answers inside the cluster.
func (o *outputs) url(blueprint, endpoint, url string) { o.of(blueprint).urls[endpoint] = url }

// command does what it is called: "run pipeline nightly".
func (o *outputs) command(blueprint, what, command string) { o.of(blueprint).commands[what] = command }

// bucket is where a dataset, or the store, is.
func (o *outputs) bucket(blueprint, what string, name pulumi.StringInput) {
	o.of(blueprint).buckets[what] = name
}

// upload is where a person must put a dataset's files.
func (o *outputs) upload(blueprint, dataset string, to pulumi.StringInput) {
	o.of(blueprint).uploads[dataset] = to
}

// describe adds what is known of the blueprint as a whole.
func (o *outputs) describe(s *site) error {
	digest, err := s.plan.Digest()
	if err != nil {
		return fmt.Errorf("plan digest: %w", err)
	}
	t := o.of(s.plan.Name)
	t.namespace, t.digest = s.namespace, digest
	if !s.onAWS() && s.cfg.StoreKey == "" {
		o.command(s.plan.Name, "give pods keys of the object store",
			"pulumi config set storeAccessKeyId ID && pulumi config set --secret storeSecretAccessKey KEY && pulumi up")
	}
	if keys := s.keysCommand(); keys != "" {
		o.command(s.plan.Name, "make the key of pseudonyms", keys)
	}
	return nil
}

// export hands everything to `pulumi stack output`: one map a question, by
// blueprint and concept.
func (o *outputs) export(ctx *pulumi.Context) error {
	namespaces, digests := pulumi.StringMap{}, pulumi.StringMap{}
	urls, commands, buckets, uploads := pulumi.StringMap{}, pulumi.StringMap{}, pulumi.StringMap{}, pulumi.StringMap{}
	for _, name := range sorted(o.blueprints) {
		t := o.blueprints[name]
		namespaces[name], digests[name] = pulumi.String(t.namespace), pulumi.String(t.digest)
		at := func(concept string) string { return strings.Join([]string{name, concept}, "/") }
		for k, v := range t.urls {
			urls[at(k)] = pulumi.String(v)
		}
		for k, v := range t.commands {
			commands[at(k)] = pulumi.String(v)
		}
		for k, v := range t.buckets {
			buckets[at(k)] = v
		}
		for k, v := range t.uploads {
			uploads[at(k)] = v
		}
	}
	ctx.Export("namespaces", namespaces)
	ctx.Export("planDigests", digests)
	ctx.Export("urls", urls)
	ctx.Export("commands", commands)
	ctx.Export("buckets", buckets)
	ctx.Export("uploads", uploads)
	return nil
}
