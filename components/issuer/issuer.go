// Package issuer is who vouches for a job of CI: an issuer of OpenID Connect tokens that
// an AWS account believes, and the roles that its tokens open. No AWS key is kept
// anywhere. What a token's subject looks like is for the packages of each host to say.
package issuer

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Issuer is a host whose tokens are believed, for some audiences.
type Issuer struct {
	Host      string   // "gitlab.com", with a port where it is not 443
	Audiences []string // who tokens must be for
	Component string   // type of the component that a provider is in
}

// Find returns the ARN of the provider that the account has for the issuer already. It
// is an error where there is none, and where it does not accept tokens for each of the
// audiences.
func (i Issuer) Find(ctx *pulumi.Context, opts ...pulumi.InvokeOption) (pulumi.StringInput, error) {
	url := "https://" + i.Host
	found, err := iam.LookupOpenIdConnectProvider(ctx, &iam.LookupOpenIdConnectProviderArgs{Url: &url}, opts...)
	if err != nil {
		return nil, fmt.Errorf("the account's identity provider for %s: %w", url, err)
	}
	if found.ClientIdLists == nil { // a recorder, which knows no account
		return pulumi.String(found.Arn), nil
	}
	for _, audience := range i.Audiences {
		if !slices.Contains(found.ClientIdLists, audience) {
			return nil, fmt.Errorf("%s accepts no token for %s: run `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn %s --client-id %s`",
				found.Arn, audience, found.Arn, audience)
		}
	}
	return pulumi.String(found.Arn), nil
}

// Arn is the ARN of the issuer's provider in an account.
func (i Issuer) Arn(partition, account string) string {
	return fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", partition, account, i.Host)
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

// Provider is an issuer of tokens that an account believes.
type Provider struct {
	pulumi.ResourceState

	Arn pulumi.StringOutput
}

// New registers the provider. An account can have one for an issuer, so it outlives the
// stack: other stacks' roles trust it too. Adopt is the ARN of one that an earlier
// stack of the same owner left; empty: it is made.
func (i Issuer) New(ctx *pulumi.Context, name, adopt string, tags map[string]string,
	opts ...pulumi.ResourceOption) (*Provider, error) {
	c := &Provider{}
	if err := ctx.RegisterComponentResource(i.Component, name, c, opts...); err != nil {
		return nil, fmt.Errorf("issuer %s: %w", name, err)
	}
	// No thumbprint: AWS verifies certificates by its own trust store.
	own := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.RetainOnDelete(true),
		pulumi.IgnoreChanges([]string{"thumbprintLists"})}
	if adopt != "" {
		own = append(own, pulumi.Import(pulumi.ID(adopt)))
	}
	p, err := iam.NewOpenIdConnectProvider(ctx, name, &iam.OpenIdConnectProviderArgs{
		Url:           pulumi.String("https://" + i.Host),
		ClientIdLists: pulumi.ToStringArray(i.Audiences),
		Tags:          pulumi.ToStringMap(tags),
	}, own...)
	if err != nil {
		return nil, fmt.Errorf("issuer %s: provider: %w", name, err)
	}
	c.Arn = p.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arn": c.Arn})
}
