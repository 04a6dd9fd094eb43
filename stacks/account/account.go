// Package account makes what Pulumi needs of an AWS account before its first run, and
// therefore cannot make itself: a bucket for its state, a key for its secrets, and the
// identity provider by which GitHub's jobs sign in.
//
// It compares what is there with what should be, like the rest of the house: a run
// that was interrupted is finished by the next, and a third one has nothing to do.
package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Config says what is set up.
type Config struct {
	Region string // empty: that of the AWS configuration
	Name   string // of the installation, at most 20 characters; names begin with it
	GitHub bool   // jobs of GitHub sign in
}

var (
	nameForm   = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// maxName leaves room in a bucket's 63 characters for what the state's is named after.
const maxName = 20

// Validate returns every problem of the config, joined.
func (c Config) Validate() error {
	var found []error
	if len(c.Name) > maxName || !nameForm.MatchString(c.Name) {
		found = append(found, fmt.Errorf("--name %q: use lower-case letters, digits and dashes, a letter first, at most %d characters",
			c.Name, maxName))
	}
	if c.Region != "" && !regionForm.MatchString(c.Region) {
		found = append(found, fmt.Errorf("--region %q: write it as eu-central-1", c.Region))
	}
	return errors.Join(found...)
}

// Account is an AWS account that was asked who it is.
type Account struct {
	ID, Region string

	cfg       Config
	partition string
	s3        *s3.Client
	kms       *kms.Client
	iam       *iam.Client
	key       string // ARN of the key, once it is known
}

// Open signs in by the usual means of AWS: environment, profile, instance. Endpoints
// are AWS' own unless its standard variables, AWS_ENDPOINT_URL_S3 and the like, name
// others.
func Open(ctx context.Context, c Config) (*Account, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var options []func(*config.LoadOptions) error
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	amazon, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	if amazon.Region == "" {
		return nil, errors.New("AWS configuration: no region; use --region, or set AWS_REGION")
	}
	who, err := sts.NewFromConfig(amazon).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("which AWS account this is: %w", explained(err))
	}
	parts := strings.Split(aws.ToString(who.Arn), ":") // arn:PARTITION:sts::ACCOUNT:...
	if len(parts) < 6 || aws.ToString(who.Account) == "" {
		return nil, fmt.Errorf("which AWS account this is: the answer names %q", aws.ToString(who.Arn))
	}
	return &Account{
		ID: aws.ToString(who.Account), Region: amazon.Region, cfg: c, partition: parts[1],
		s3: s3.NewFromConfig(amazon, func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil // a bucket is no host of a server elsewhere
		}),
		kms: kms.NewFromConfig(amazon), iam: iam.NewFromConfig(amazon),
	}, nil
}

// Bucket is the name of the state's bucket. Names of buckets are the world's, so the
// account is part of it.
func (a *Account) Bucket() string { return a.cfg.Name + "-pulumi-" + a.ID + "-" + a.Region }

// Alias is the alias of the key, with "alias/".
func (a *Account) Alias() string { return "alias/" + a.cfg.Name + "-pulumi" }

// tags are those of what is made here. There is no environment: all share it.
func (a *Account) tags() map[string]string {
	return map[string]string{"ashlar:installation": a.cfg.Name, "ashlar:layer": "bootstrap",
		"ashlar:owner": "platform", "ashlar:managed-by": "ashlar"}
}

// ours reports whether the tags say that an earlier run made it.
func (a *Account) ours(tags map[string]string) bool {
	return tags["ashlar:installation"] == a.cfg.Name && tags["ashlar:layer"] == "bootstrap"
}

// absent reports whether AWS answered that there is none, by one of its codes.
func absent(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// explained adds what to do to an answer of AWS that has a usual reason.
func explained(err error) error {
	switch {
	case absent(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
		return fmt.Errorf("%w\nsign in as somebody who may do that, such as an administrator, and run it again: what is done already stays", err)
	case absent(err, "Throttling", "ThrottlingException", "SlowDown", "RequestLimitExceeded", "LimitExceededException"):
		return fmt.Errorf("%w\nrun it again in a minute: what is done already stays", err)
	case absent(err, "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"):
		return fmt.Errorf("%w\nsign in again, by `aws sso login` or new keys", err)
	}
	return err
}
