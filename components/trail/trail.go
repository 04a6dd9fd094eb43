// Package trail is an AWS CloudTrail: who called which API of the account, in files whose
// digests AWS signs, so that a deleted or changed one is found (`aws cloudtrail
// validate-logs`). It records management events of all regions; who reads which object of
// a bucket is in the bucket's access log.
package trail

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says where the files go and what they are encrypted under.
type Args struct {
	TrailName string
	Bucket    pulumi.StringInput // its name; its policy lets CloudTrail write
	KMSKeyArn pulumi.StringInput // its policy lets CloudTrail encrypt
	Protect   bool               // refuse to delete or replace
	Tags      map[string]string
	After     []pulumi.Resource // the bucket's policy: AWS refuses a trail that it does not let write
}

// nameForm is CloudTrail's: 3 to 128 characters, none of .-_ twice in a row.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9]([._-]?[A-Za-z0-9]){2,127}$`)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("trail: no arguments")
	}
	var found []error
	if len(a.TrailName) > 128 || !nameForm.MatchString(a.TrailName) {
		found = append(found, fmt.Errorf("trail: name %q: want 3 to 128 letters, digits and single . - _ between them", a.TrailName))
	}
	if a.Bucket == nil {
		found = append(found, errors.New("trail: no bucket: name the one that its files are written to"))
	}
	if a.KMSKeyArn == nil {
		found = append(found, errors.New("trail: no key: name the KMS key that its files are encrypted under"))
	}
	return errors.Join(found...)
}

// New registers the trail. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*cloudtrail.Trail, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	t, err := cloudtrail.NewTrail(ctx, name, &cloudtrail.TrailArgs{
		Name:                       pulumi.String(args.TrailName),
		S3BucketName:               args.Bucket,
		KmsKeyId:                   args.KMSKeyArn.ToStringOutput(),
		EnableLogFileValidation:    pulumi.Bool(true),
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true), // IAM's
		Tags:                       pulumi.ToStringMap(args.Tags),
	}, append(opts[:len(opts):len(opts)], pulumi.Protect(args.Protect), pulumi.DependsOn(args.After))...)
	if err != nil {
		return nil, fmt.Errorf("trail %s: %w", args.TrailName, err)
	}
	return t, nil
}
