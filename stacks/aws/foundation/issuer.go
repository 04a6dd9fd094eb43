package foundation

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/githuboidc"
	"github.com/ashlar-dev/ashlar/components/gitlaboidc"
	"github.com/ashlar-dev/ashlar/components/issuer"
)

// issuer is who vouches for the jobs of CI.
func (u *builder) issuer() issuer.Issuer {
	if u.cfg.GitLab == nil {
		return githuboidc.Issuer()
	}
	var audiences []string
	for _, d := range ciDuties {
		audiences = append(audiences, d.duty.Audience(u.cfg.Environment))
	}
	return gitlaboidc.Issuer(u.cfg.GitLab.Host, audiences)
}

// makeIssuer finds or makes the account's identity provider for the hub. An account
// has one for an issuer, whoever made it, so two foundations in one account cannot
// both make it: the config of the second says that it exists.
func (u *builder) makeIssuer(ctx *pulumi.Context) error {
	by, key := u.issuer(), u.cfg.HubKey()
	if u.hub().ExistingIssuer {
		arn, err := by.Find(ctx)
		if err != nil {
			return fmt.Errorf("%w\nconfig %s.existingIssuer says that it exists: set it to false in the one foundation that is to make it%s", err,
				key, u.otherwise())
		}
		u.at.issuer = arn
		return nil
	}
	arn := by.Arn(u.partition(), u.account)
	adopt := ""
	if tags, there := issuer.Tags(ctx, arn); there {
		if !u.made(tags) {
			return fmt.Errorf("config %s.existingIssuer: the account has an identity provider for %s that %s, and AWS allows one: run `pulumi config set --path %s.existingIssuer true`",
				key, by.Host, maker(tags), key)
		}
		// One in this stack's state is not imported again. With other tags it is in
		// the state: what is adopted must be as it is described.
		if maps.Equal(tags, u.tags()) {
			adopt = arn
		}
	}
	p, err := by.New(ctx, key, adopt, u.tags())
	if err != nil {
		return err
	}
	u.at.issuer = p.Arn
	return nil
}

// otherwise is who else makes the provider.
func (u *builder) otherwise() string {
	if u.cfg.GitLab != nil {
		return "" // bootstrap knows no environment, which its audiences are made of
	}
	return ", or run `ashlar bootstrap aws`"
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
