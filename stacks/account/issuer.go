package account

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

// issuerSteps are about the account's identity provider for GitHub. One that somebody
// else made is as good, but for the audience.
func (a *Account) issuerSteps(ctx context.Context) ([]*Step, error) {
	if !a.cfg.GitHub {
		return nil, nil
	}
	arn := aws.String(fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", a.partition, a.ID, issuer))
	found, err := a.iam.GetOpenIDConnectProvider(ctx,
		&iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if absent(err, "NoSuchEntity") {
		return []*Step{{What: "OIDC provider", Now: "none", Want: "GitHub's, for " + audience, do: a.createIssuer}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("OIDC provider for %s: %w", issuer, err)
	}
	if slices.Contains(found.ClientIDList, audience) {
		return nil, nil
	}
	return []*Step{{What: "audience of the OIDC provider", Now: fmt.Sprint(found.ClientIDList), Want: audience + " too",
		do: func(ctx context.Context) error {
			_, err := a.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
				OpenIDConnectProviderArn: arn, ClientID: aws.String(audience)})
			return err
		}}}, nil
}

// createIssuer makes the provider. Without a thumbprint: AWS verifies GitHub's
// certificate by its own trust store.
func (a *Account) createIssuer(ctx context.Context) error {
	var tags []types.Tag
	for key, value := range a.tags() {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	slices.SortFunc(tags, func(x, y types.Tag) int { return cmpText(x.Key, y.Key) })
	_, err := a.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://" + issuer), ClientIDList: []string{audience}, Tags: tags})
	if absent(err, "EntityAlreadyExists") { // somebody else was first
		return nil
	}
	return err
}

func cmpText(a, b *string) int { return cmp.Compare(aws.ToString(a), aws.ToString(b)) }
