package foundation

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/bucket"
	"github.com/ashlar-dev/ashlar/components/budget"
	"github.com/ashlar-dev/ashlar/components/trail"
)

// budget is that of the foundation and everything deployed on it, by the tag that all of
// it has; nil where the config names no sum.
func (u *builder) budget() *budget.Args {
	b := u.cfg.Budget
	if b.Monthly == 0 {
		return nil
	}
	return &budget.Args{BudgetName: u.prefix(), Monthly: b.Monthly, Emails: b.Emails,
		TagKey: "ashlar:installation", TagValue: u.cfg.Name, Tags: u.tags()}
}

func (u *builder) makeBudget(ctx *pulumi.Context) error {
	if args := u.budget(); args != nil {
		return budget.New(ctx, "budget", args)
	}
	return nil
}

// trailArn is the trail's, which the policies of its bucket and its key name before it
// is there.
func (u *builder) trailArn() pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:cloudtrail:%s:%s:trail/%s", u.partition(), u.cfg.Region, u.at.account, u.prefix())
}

// trailBucket is where CloudTrail writes.
func (u *builder) trailBucket() *bucket.Args {
	return &bucket.Args{
		BucketName: pulumi.Sprintf("trail-%s-%s", u.prefix(), u.at.account),
		KMSKeyArn:  u.at.logsKey, RetentionDays: u.longLogs(), Protect: u.cfg.Protected(), Tags: u.tags(),
		Owner: owner, Partition: u.partition(),
		AccessLogs: &bucket.AccessLogs{Bucket: u.at.accessBucket, Prefix: "trail/"},
		Deliveries: []bucket.Delivery{{Service: trailService, SourceArn: u.trailArn(), Lists: true}},
	}
}

// trailService is who writes the trail.
const trailService = "cloudtrail.amazonaws.com"

func (u *builder) trail() *trail.Args {
	return &trail.Args{TrailName: u.prefix(), Bucket: u.at.trailBucket, KMSKeyArn: u.at.logsKey,
		Protect: u.cfg.Protected(), Tags: u.tags()}
}

// makeTrail registers the trail, unless the account has one already, such as that of its
// organisation.
func (u *builder) makeTrail(ctx *pulumi.Context) error {
	if !u.cfg.Trails() {
		return nil
	}
	b, err := bucket.New(ctx, "trail", u.trailBucket())
	if err != nil {
		return err
	}
	u.at.trailBucket = b.Name
	args := u.trail()
	args.After = b.Ready
	_, err = trail.New(ctx, "trail", args)
	return err
}
