package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/bucket"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// holding is where one thing of the blueprint is kept: a bucket of its own, or a prefix of
// the bucket that the config names.
type holding struct {
	bucket  pulumi.StringInput // name
	place   lineage.Folder
	options []pulumi.ResourceOption // of what is put there
}

// named is the holding for people: BUCKET, or BUCKET/PREFIX.
func (h holding) named() pulumi.StringInput {
	if h.place.Prefix == "" {
		return h.bucket
	}
	return pulumi.Sprintf("%s/%s", h.bucket, h.place.Prefix)
}

// holding makes the place, whose objects are deleted after that many days in a bucket of
// its own; 0: never. In the bucket that exists it is a folder, by the path.
func (s *site) holding(what string, days int, path ...string) (holding, error) {
	if name := s.cfg.Existing.Bucket; name != "" {
		return holding{bucket: pulumi.String(name), place: lineage.Folder{
			Bucket: pulumi.String("arn:" + lineage.PartitionOf(s.cfg.Region) + ":s3:::" + name),
			Prefix: s.cfg.DataPrefix(append([]string{s.cfg.Name, s.plan.Name}, path...)...)}}, nil
	}
	b, err := s.bucket(what, days)
	if err != nil {
		return holding{}, err
	}
	return holding{b.Name, lineage.Folder{Bucket: b.Arn}, []pulumi.ResourceOption{pulumi.Parent(b)}}, nil
}

// bucket registers a bucket of the blueprint's own, whose objects are deleted after
// that many days; 0: never. Its name ends in the account, which is known when it is
// deployed.
func (s *site) bucket(what string, days int) (*bucket.Bucket, error) {
	readable := s.cfg.BucketName(s.plan.Name, what)
	b, err := bucket.New(s.ctx, s.name(what), &bucket.Args{
		BucketName:    pulumi.Sprintf("%s-%s", readable, s.base.AccountID),
		KMSKeyArn:     s.base.DataKeyArn,
		RetentionDays: days,
		AccessLogs:    &bucket.AccessLogs{Bucket: s.base.LogsBucket, Prefix: readable + "/"},
		Protect:       s.cfg.Protected(),
		Tags:          s.tags(),
		Owner:         []string{"ashlar:installation", "ashlar:environment", "ashlar:tenant", "ashlar:blueprint"},
		Partition:     lineage.PartitionOf(s.cfg.Region),
	})
	if err != nil {
		return nil, fmt.Errorf("blueprint %s: %w", s.plan.Name, err)
	}
	return b, nil
}

// s3URL is a holding as the runtime opens it.
func (s *site) s3URL(at holding) pulumi.StringOutput {
	path := ""
	if prefix := at.place.Prefix; prefix != "" {
		path = "/" + strings.TrimSuffix(prefix, "/")
	}
	return pulumi.Sprintf("s3://%s%s?region=%s", at.bucket, path, s.cfg.Region)
}

// unexpired says of datasets with a retention that nothing deletes their files in a bucket
// whose lifecycle is not ours: a configuration is replaced as a whole.
func unexpired(p *plan.Plan, cfg config.Config) []string {
	if cfg.Provider != config.ProviderAWS || cfg.Existing.Bucket == "" {
		return nil
	}
	var out []string
	for _, name := range sorted(p.Datasets) {
		d := p.Datasets[name]
		if src, ok := lineage.SourceOf(d); d.Retention == "" || !ok || src.Bucket != "" {
			continue
		}
		out = append(out, fmt.Sprintf("blueprint %s: dataset %s: retention %s: the retention job deletes what is derived from the files, and nothing deletes the files themselves: give bucket %s, whose lifecycle is not changed here, a rule with that expiration for the prefix %s",
			p.Name, name, d.Retention, cfg.Existing.Bucket, cfg.DataPrefix(cfg.Name, p.Name, "data", name)))
	}
	return out
}
