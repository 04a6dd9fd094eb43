// Package key is an encryption key of ours: what rests in AWS rests under a
// key whose policy we wrote, which rotates every year, and which outlives the
// stack, because data whose key is gone is gone.
package key

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Key is a KMS key and its alias.
type Key struct {
	pulumi.ResourceState

	Arn   pulumi.StringOutput
	KeyID pulumi.StringOutput
	Alias pulumi.StringOutput // with "alias/"
}

// named are the tags and the alias as the key's name: an alias goes with the stack, and
// a key that it leaves must still say which it is.
func (a *Args) named() pulumi.StringMap {
	out := pulumi.ToStringMap(a.Tags)
	out["Name"] = pulumi.String(a.Alias)
	return out
}

// New registers the key. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Key, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Key{}
	if err := ctx.RegisterComponentResource("ashlar:key:Key", name, c, opts...); err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	k, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:          pulumi.String(args.Description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(args.deletionDays()),
		Policy:               args.policy(),
		Tags:                 args.named(),
	}, pulumi.Parent(c), pulumi.Protect(args.Protect), pulumi.RetainOnDelete(true),
		// What is taken over does not say how long its deletion would wait.
		pulumi.IgnoreChanges([]string{"deletionWindowInDays"}))
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	alias, err := kms.NewAlias(ctx, name, &kms.AliasArgs{
		Name:        pulumi.String("alias/" + args.Alias),
		TargetKeyId: k.KeyId,
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("key %s: alias: %w", name, err)
	}
	c.Arn, c.KeyID, c.Alias = k.Arn, k.KeyId, alias.Name
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arn": c.Arn, "keyId": c.KeyID, "alias": c.Alias})
}
