package githuboidc

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Find returns the ARN of the provider that the account has for GitHub already. It
// is an error where there is none, and where it does not accept tokens for AWS.
func Find(ctx *pulumi.Context, opts ...pulumi.InvokeOption) (pulumi.StringInput, error) {
	url := "https://" + issuer
	found, err := iam.LookupOpenIdConnectProvider(ctx, &iam.LookupOpenIdConnectProviderArgs{Url: &url}, opts...)
	if err != nil {
		return nil, fmt.Errorf("githuboidc: the account's identity provider for %s: %w", url, err)
	}
	// nil: a recorder, which knows no account
	if found.ClientIdLists != nil && !slices.Contains(found.ClientIdLists, audience) {
		return nil, fmt.Errorf("githuboidc: %s accepts no token for %s: run `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn %s --client-id %s`",
			found.Arn, audience, found.Arn, audience)
	}
	return pulumi.String(found.Arn), nil
}

// ProviderArn is the ARN of GitHub's provider in an account.
func ProviderArn(partition, account string) string {
	return fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", partition, account, issuer)
}

// Tags returns the tags of the provider with the ARN; false: there is none, or
// nobody may look.
func Tags(ctx *pulumi.Context, arn string, opts ...pulumi.InvokeOption) (map[string]string, bool) {
	found, err := iam.LookupOpenIdConnectProvider(ctx, &iam.LookupOpenIdConnectProviderArgs{Arn: &arn}, opts...)
	if err != nil {
		return nil, false
	}
	return found.Tags, true
}

// Provider is GitHub as an issuer of tokens that an account believes.
type Provider struct {
	pulumi.ResourceState

	Arn pulumi.StringOutput
}

// NewProvider registers the provider. An account can have one, so it outlives the
// stack: other stacks' roles trust it too. Adopt is the ARN of one that an earlier
// stack of the same owner left; empty: it is made.
func NewProvider(ctx *pulumi.Context, name, adopt string, tags map[string]string,
	opts ...pulumi.ResourceOption) (*Provider, error) {
	c := &Provider{}
	if err := ctx.RegisterComponentResource("ashlar:githuboidc:Provider", name, c, opts...); err != nil {
		return nil, fmt.Errorf("githuboidc %s: %w", name, err)
	}
	// No thumbprint: AWS verifies GitHub's certificate by its own trust store.
	own := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.RetainOnDelete(true),
		pulumi.IgnoreChanges([]string{"thumbprintLists"})}
	if adopt != "" {
		own = append(own, pulumi.Import(pulumi.ID(adopt)))
	}
	p, err := iam.NewOpenIdConnectProvider(ctx, name, &iam.OpenIdConnectProviderArgs{
		Url:           pulumi.String("https://" + issuer),
		ClientIdLists: pulumi.StringArray{pulumi.String(audience)},
		Tags:          pulumi.ToStringMap(tags),
	}, own...)
	if err != nil {
		return nil, fmt.Errorf("githuboidc %s: provider: %w", name, err)
	}
	c.Arn = p.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arn": c.Arn})
}
