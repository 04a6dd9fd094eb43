package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// maxKeys is how many keys of an account are searched for one that an interrupted run
// left without its alias.
const maxKeys = 1000

// keySteps are about the key under which Pulumi encrypts the secrets of a state.
func (a *Account) keySteps(ctx context.Context) ([]*Step, error) {
	id := a.Alias()
	var steps []*Step
	found, err := a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
	if absent(err, "NotFoundException") {
		if id, err = a.orphan(ctx); err != nil {
			return nil, err
		}
		if id == "" {
			return []*Step{a.createKey(), a.nameKey(), a.rotateKey("off")}, nil
		}
		steps = append(steps, a.nameKey())
		found, err = a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
	}
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", id, err)
	}
	if found.KeyMetadata == nil {
		return nil, fmt.Errorf("key %s: AWS answered without the key", id)
	}
	a.key = aws.ToString(found.KeyMetadata.Arn)
	if state := found.KeyMetadata.KeyState; state != types.KeyStateEnabled {
		return nil, fmt.Errorf("key %s is %s, and the secrets of every state under it cannot be read: run `aws kms cancel-key-deletion --key-id %s` and `aws kms enable-key --key-id %s`",
			a.Alias(), state, a.key, a.key)
	}
	tags, err := a.keyTags(ctx, a.key)
	if err != nil {
		return nil, fmt.Errorf("key %s: tags: %w", id, err)
	}
	if !a.ours(tags) {
		return nil, fmt.Errorf("key %s was not made by this command for the installation %s: choose another --name",
			a.Alias(), a.cfg.Name)
	}
	rotation, err := a.kms.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: aws.String(a.key)})
	if err != nil {
		return nil, fmt.Errorf("key %s: rotation: %w", id, err)
	}
	if !rotation.KeyRotationEnabled {
		steps = append(steps, a.rotateKey("off"))
	}
	return steps, nil
}

// orphan returns the ARN of a key that an earlier run made and did not name; "": none.
func (a *Account) orphan(ctx context.Context) (string, error) {
	pages := kms.NewListKeysPaginator(a.kms, &kms.ListKeysInput{Limit: aws.Int32(100)})
	for seen := 0; pages.HasMorePages() && seen < maxKeys; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("the account's keys: %w", err)
		}
		for _, k := range page.Keys {
			seen++
			tags, err := a.keyTags(ctx, aws.ToString(k.KeyId))
			if absent(err, "AccessDeniedException", "NotFoundException") {
				continue // somebody else's, or gone since
			}
			if err != nil {
				return "", fmt.Errorf("key %s: tags: %w", aws.ToString(k.KeyId), err)
			}
			if a.ours(tags) {
				return aws.ToString(k.KeyArn), nil
			}
		}
	}
	return "", nil
}

func (a *Account) keyTags(ctx context.Context, id string) (map[string]string, error) {
	out := map[string]string{}
	pages := kms.NewListResourceTagsPaginator(a.kms, &kms.ListResourceTagsInput{KeyId: aws.String(id)})
	for pages.HasMorePages() && len(out) <= 50 { // AWS allows 50
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tags {
			out[aws.ToString(t.TagKey)] = aws.ToString(t.TagValue)
		}
	}
	return out, nil
}

// createKey makes the key with its tags in one request, so that an interrupted run
// leaves one that the next run knows.
func (a *Account) createKey() *Step {
	return &Step{What: "KMS key", Now: "none", Want: "one for the secrets of Pulumi's states",
		do: func(ctx context.Context) error {
			var tags []types.Tag
			for key, value := range a.tags() {
				tags = append(tags, types.Tag{TagKey: aws.String(key), TagValue: aws.String(value)})
			}
			slices.SortFunc(tags, func(x, y types.Tag) int {
				return cmpText(x.TagKey, y.TagKey)
			})
			made, err := a.kms.CreateKey(ctx, &kms.CreateKeyInput{
				Description: aws.String("Secrets of Pulumi's states of " + a.cfg.Name), Tags: tags,
			})
			if err != nil {
				return err
			}
			if made.KeyMetadata == nil {
				return errors.New("AWS answered without the key")
			}
			a.key = aws.ToString(made.KeyMetadata.Arn)
			return nil
		}}
}

func (a *Account) nameKey() *Step {
	return &Step{What: "alias of the key", Now: "none", Want: a.Alias(), do: func(ctx context.Context) error {
		_, err := a.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(a.Alias()),
			TargetKeyId: aws.String(a.key)})
		return err
	}}
}

func (a *Account) rotateKey(now string) *Step {
	return &Step{What: "rotation of the key", Now: now, Want: "every year", do: func(ctx context.Context) error {
		_, err := a.kms.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: aws.String(a.key)})
		return err
	}}
}
