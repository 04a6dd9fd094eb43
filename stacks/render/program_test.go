package render

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// The types of the small stack that the tests render, as the SDKs write them.
type (
	bucket struct {
		pulumi.CustomResourceState
		Bucket pulumi.StringOutput `pulumi:"bucket"`
		Arn    pulumi.StringOutput `pulumi:"arn"`
	}
	cluster struct {
		pulumi.CustomResourceState
		Name pulumi.StringOutput `pulumi:"name"`
		Port pulumi.IntOutput    `pulumi:"port"`
	}
	anything struct{ pulumi.CustomResourceState }
)

func str(s string) pulumi.String { return pulumi.String(s) }

// register registers a resource that has no outputs of its own.
func register(ctx *pulumi.Context, token, name string, props pulumi.Map,
	opts ...pulumi.ResourceOption) (*anything, error) {
	var r anything
	return &r, ctx.RegisterResource(token, name, props, &r, opts...)
}

// kubernetes registers an object.
func kubernetes(ctx *pulumi.Context, api, kind, namespace, name string, rest pulumi.Map,
	opts ...pulumi.ResourceOption) (*anything, error) {
	props := pulumi.Map{"apiVersion": str(api), "kind": str(kind),
		"metadata": pulumi.Map{"name": str(name), "namespace": str(namespace)}}
	if namespace == "" {
		props["metadata"] = pulumi.Map{"name": str(name)}
	}
	for key, value := range rest {
		props[key] = value
	}
	return register(ctx, "kubernetes:"+api+":"+kind, name, props, opts...)
}

// recorded records a program that must not fail.
func recorded(t *testing.T, body pulumi.RunFunc) *record.Recording {
	t.Helper()
	rec, err := record.Program(context.Background(), body, record.Run{Project: "p", Stack: "s",
		References: map[string]map[string]string{"o/p/base": {"databaseHost": record.Variable("databaseHost")}}})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// rendered renders a program that must not fail.
func rendered(t *testing.T, o Options, body pulumi.RunFunc) Files {
	t.Helper()
	files, err := All(recorded(t, body), o)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
