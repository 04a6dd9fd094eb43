package foundation

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/karpenter"
	kmskey "github.com/ashlar-dev/ashlar/components/key"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// namedKey is a key and where its ARN goes.
type namedKey struct {
	name string
	arn  *pulumi.StringInput
	args *kmskey.Args
}

// keys are one for each kind of thing that is encrypted, so that a right to
// one kind is no right to another: a workload that reads datasets cannot
// decrypt a node's disk or the database's password. What exists has a key already.
func (u *builder) keys() []namedKey {
	all := []namedKey{
		{"data-key", &u.at.dataKey, &kmskey.Args{Description: "Datasets, stores and images"}},
		{"database-key", &u.at.databaseKey, &kmskey.Args{Description: "The database, its snapshots and its password"}},
		{"cluster-key", &u.at.nodeKey, &kmskey.Args{
			Description: "Kubernetes secrets, and disks of nodes and claims",
			// EKS makes its grant in the name of who creates the cluster; node
			// groups start machines in the name of this role.
			OwnGrants: true,
			Linked:    []string{"autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"},
		}},
		{"logs-key", &u.at.logsKey, &kmskey.Args{Description: "Logs of the network, the cluster and the database",
			Services: u.loggers()}},
	}
	if a := u.karpenter(); a != nil && a.Spot() {
		all[2].args.Linked = append(all[2].args.Linked, karpenter.SpotRole)
	}
	needless := map[*pulumi.StringInput]string{&u.at.dataKey: u.cfg.Existing.Key,
		&u.at.databaseKey: u.cfg.Existing.Database, &u.at.nodeKey: u.cfg.Existing.Cluster}
	all = slices.DeleteFunc(all, func(k namedKey) bool { return needless[k.arn] != "" })
	for _, k := range all {
		k.args.Alias = u.prefix() + "-" + k.name
		k.args.Account, k.args.Partition = u.at.account, u.partition()
		k.args.Protect, k.args.Tags = u.cfg.Protected(), u.tags()
	}
	return all
}

// loggers are the services that write logs, for our groups and deliveries.
func (u *builder) loggers() []kmskey.Service {
	logs := func(rest string) pulumi.StringInput {
		return pulumi.Sprintf("arn:%s:logs:%s:%s:%s", u.partition(), u.cfg.Region, u.at.account, rest)
	}
	out := []kmskey.Service{
		{Principal: "logs." + u.cfg.Region + ".amazonaws.com", Conditions: []policy.Condition{{
			Test: "ArnLike", Key: "kms:EncryptionContext:aws:logs:arn", Values: []pulumi.StringInput{
				logs("log-group:/aws/eks/" + u.prefix() + "/*"),
				logs("log-group:/aws/rds/instance/" + u.prefix() + "/*"),
			},
		}}},
		{Principal: "delivery.logs.amazonaws.com", Conditions: []policy.Condition{
			policy.When("StringEquals", "aws:SourceAccount", u.at.account),
			policy.When("ArnLike", "aws:SourceArn", logs("*")),
		}},
	}
	if u.cfg.Trails() {
		out = append(out, kmskey.Service{Principal: trailService,
			Conditions: []policy.Condition{policy.When("ArnLike", "aws:SourceArn", u.trailArn())}})
	}
	return out
}
