package foundation

import (
	"errors"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/githuboidc"
)

// makeIssuer finds or makes the account's identity provider for GitHub. An account
// has one for an issuer, whoever made it, so two foundations in one account cannot
// both make it: the config of the second says that it exists.
func (u *builder) makeIssuer(ctx *pulumi.Context) error {
	if u.hub().ExistingIssuer {
		arn, err := githuboidc.Find(ctx)
		if err != nil {
			return fmt.Errorf("%w\nconfig github.existingIssuer says that it exists: set it to false in the one foundation that is to make it, or run `ashlar bootstrap aws`", err)
		}
		u.at.issuer = arn
		return nil
	}
	arn := githuboidc.ProviderArn(u.partition(), u.account)
	adopt := ""
	if tags, there := githuboidc.Tags(ctx, arn); there {
		if !u.made(tags) {
			return errors.New("config github.existingIssuer: the account has an identity provider for GitHub that " +
				maker(tags) + ", and AWS allows one: run `pulumi config set --path github.existingIssuer true`")
		}
		// One in this stack's state is not imported again. With other tags it is in
		// the state: what is adopted must be as it is described.
		if maps.Equal(tags, u.tags()) {
			adopt = arn
		}
	}
	p, err := githuboidc.NewProvider(ctx, "github", adopt, u.tags())
	if err != nil {
		return err
	}
	u.at.issuer = p.Arn
	return nil
}

// made reports whether the tags are those of what this foundation makes, whatever
// has changed about its owner since.
func (u *builder) made(tags map[string]string) bool {
	for _, key := range owner {
		if tags[key] != u.tags()[key] {
			return false
		}
	}
	return true
}

// maker says in words who made what has the tags.
func maker(tags map[string]string) string {
	if tags["ashlar:installation"] == "" {
		return "was not made by a foundation"
	}
	if tags["ashlar:environment"] == "" {
		return "belongs to the installation " + tags["ashlar:installation"]
	}
	return fmt.Sprintf("belongs to the environment %s of the installation %s", tags["ashlar:environment"],
		tags["ashlar:installation"])
}
