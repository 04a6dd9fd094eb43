package foundation

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// tagTenant says on the workloads' roles and associations whose they are: AWS names
// an association by an identifier that no pattern can match.
const tagTenant = "ashlar:tenant"

// tenant is one repository that deploys here.
type tenant struct {
	config.Tenant
	name   string
	suffix string // of names that exist for each tenant; "" where there is one
}

// tenants are the repositories that deploy here, in order.
func (u *builder) tenants() []tenant {
	all := u.cfg.TenantsOf(u.project)
	var out []tenant
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t := tenant{Tenant: all[name], name: name}
		if len(u.cfg.Tenants) > 0 {
			t.suffix = "-" + name
		}
		out = append(out, t)
	}
	return out
}

// hub is what concerns all tenants.
func (u *builder) hub() config.GitHubConfig { return u.cfg.Hub() }

// group is the tenant's group in the cluster that has the word.
func (t tenant) group(word string) string {
	if t.suffix == "" {
		return word
	}
	return word + ":" + t.name
}

// prefix is what the tenant's physical names begin with. A dash follows.
func (u *builder) prefixOf(t tenant) string { return u.prefix() + "-" + t.name }

// bucketsOf matches the tenant's buckets, which end in the account. Those of the
// foundation begin with what they are for.
func (u *builder) bucketsOf(t tenant) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:s3:::%s-*-%s", u.partition(), u.prefixOf(t), u.at.account)
}

// rolesOf matches the roles of the tenant's workloads.
func (u *builder) rolesOf(t tenant) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:iam::%s:role/%s-*", u.partition(), u.at.account, u.prefixOf(t))
}

// schemas are those of the database, one for each tenant, or the installation's own.
func (u *builder) schemas() []string {
	var out []string
	for _, t := range u.tenants() {
		out = append(out, config.SchemaOf(t.name, u.cfg.Environment))
	}
	if len(out) == 0 {
		out = []string{config.SchemaOf(u.cfg.Name, u.cfg.Environment)}
	}
	return out
}

// usersOf matches the users of the database that the tenant's workloads are.
func (u *builder) usersOf(t tenant) pulumi.StringInput {
	return u.arn("rds-db", pulumi.Sprintf("dbuser:%s/%s_*", u.at.databaseID,
		config.SchemaOf(t.name, u.cfg.Environment)))
}

// apart are statements of the boundary that keep tenants out of each other's buckets
// and schemas,
// whatever policy a role has: who deploys writes the policies of its own roles. A role
// without the tag is in nobody's.
func (u *builder) apart() []policy.Statement {
	var out []policy.Statement
	for _, t := range u.tenants() {
		out = append(out, policy.Statement{
			Deny: true, // without a Sid, which would take characters, too
			Actions: []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket",
				"s3:PutObject", "rds-db:connect"},
			// One pattern for buckets and their objects: the whole has to fit into a policy.
			Resources: []pulumi.StringInput{pulumi.Sprintf("arn:%s:s3:::%s-*", u.partition(), u.prefixOf(t)),
				u.usersOf(t)},
			Conditions: []policy.Condition{policy.When("StringNotEquals", "aws:PrincipalTag/"+tagTenant,
				pulumi.String(t.name))},
		})
	}
	return out
}
