package existing

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Database is an RDS instance that exists.
type Database struct {
	Host, Name, ResourceID string
	Port                   string
	SecretArn              string // of the owner's password, which RDS keeps
	SecretKey              string // ARN of the key that the password is under

	found *rds.LookupInstanceResult
}

// database finds the instance.
func (f *finder) database() {
	id := f.cfg.Existing.Database
	if id == "" {
		return
	}
	d, err := rds.LookupInstance(f.ctx, &rds.LookupInstanceArgs{DbInstanceIdentifier: &id})
	if err != nil {
		f.failed("existing.database", id, err)
		return
	}
	out := &Database{Host: d.Address, Name: d.DbName, ResourceID: d.ResourceId, Port: strconv.Itoa(d.Port), found: d}
	if len(d.MasterUserSecrets) > 0 {
		out.SecretArn, out.SecretKey = d.MasterUserSecrets[0].SecretArn, d.MasterUserSecrets[0].KmsKeyId
	}
	f.at.Database = out
}

// checkDatabase looks at the instance, where it is, and who reaches it. Whether it takes
// IAM's tokens no data source tells: it is read as a resource.
func (f *finder) checkDatabase() {
	if f.at.Database == nil {
		return
	}
	d, id := f.at.Database.found, f.cfg.Existing.Database
	f.take(databaseReport(id, d))
	group, err := rds.LookupSubnetGroup(f.ctx, &rds.LookupSubnetGroupArgs{Name: d.DbSubnetGroup})
	if err != nil {
		f.failed("existing.database", id+": subnet group "+d.DbSubnetGroup, err)
		return
	}
	rules, err := f.rules(d.VpcSecurityGroups)
	if err != nil {
		f.failed("existing.database", id+": security groups", err)
		return
	}
	read, err := rds.GetInstance(f.ctx, "existing-database", pulumi.ID(id), nil)
	if err != nil {
		f.failed("existing.database", id, err)
		return
	}
	tokens, err := await[bool](f.ctx, read.IamDatabaseAuthenticationEnabled)
	if err != nil {
		f.failed("existing.database", id, err)
		return
	}
	r := &report{key: "existing.database", id: id}
	if !tokens {
		r.say("it takes no tokens of IAM, by which workloads sign in: run `aws rds modify-db-instance --db-instance-identifier %s --enable-iam-database-authentication --apply-immediately`", id)
	}
	f.take(r)
	f.take(f.reached(group.VpcId, rules))
}

// rules are those by which the groups let connections in.
func (f *finder) rules(groups []string) ([]vpc.GetSecurityGroupRuleResult, error) {
	found, err := vpc.GetSecurityGroupRules(f.ctx, &vpc.GetSecurityGroupRulesArgs{
		Filters: []vpc.GetSecurityGroupRulesFilter{{Name: "group-id", Values: groups}}})
	if err != nil {
		return nil, err
	}
	var out []vpc.GetSecurityGroupRuleResult
	for _, id := range found.Ids {
		rule, err := vpc.GetSecurityGroupRule(f.ctx, &vpc.GetSecurityGroupRuleArgs{SecurityGroupRuleId: &id})
		if err != nil {
			return nil, err
		}
		if !rule.IsEgress {
			out = append(out, *rule)
		}
	}
	return out, nil
}

// oldest is the major version of PostgreSQL that the runtime is tested on.
const oldest = 13

// databaseReport says what keeps the instance from being the registry's.
func databaseReport(id string, d *rds.LookupInstanceResult) *report {
	r := &report{key: "existing.database", id: id}
	major, _, _ := strings.Cut(d.EngineVersion, ".")
	if n, err := strconv.Atoi(major); d.Engine != "postgres" || err != nil || n < oldest {
		r.say("it is %s %s: want PostgreSQL %d or newer, as engine postgres", d.Engine, d.EngineVersion, oldest)
	}
	if !d.StorageEncrypted {
		r.say("its storage is not encrypted, which only a copy of a snapshot can be: restore one with a key, and name that")
	}
	if d.PubliclyAccessible {
		r.say("it has a public address: run `aws rds modify-db-instance --db-instance-identifier %s --no-publicly-accessible --apply-immediately`", id)
	}
	if d.DbName == "" {
		r.say("it was made without a first database, of which the schema's owner connects to: name an instance that has one")
	}
	if len(d.MasterUserSecrets) == 0 || d.MasterUserSecrets[0].SecretArn == "" {
		r.say("RDS does not keep its owner's password, with which the schema is migrated: run `aws rds modify-db-instance --db-instance-identifier %s --manage-master-user-password --apply-immediately`", id)
	}
	if d.BackupRetentionPeriod == 0 {
		r.note("it has no backups: run `aws rds modify-db-instance --db-instance-identifier %s --backup-retention-period 7`", id)
	}
	return r
}

// reached says whether the instance is in the VPC and lets its clients in.
func (f *finder) reached(in string, rules []vpc.GetSecurityGroupRuleResult) *report {
	id, d := f.cfg.Existing.Database, f.at.Database.found
	r := &report{key: "existing.database", id: id}
	if in != f.cfg.Existing.VPC {
		r.say("it is in %s, and existing.vpc is %s: name an instance of that VPC", in, f.cfg.Existing.VPC)
		return r
	}
	clients, group := "", ""
	if f.at.Cluster != nil {
		group = f.at.Cluster.SecurityGroup
	}
	if f.at.Network != nil {
		clients = f.at.Network.CIDR
	}
	if !slices.ContainsFunc(rules, func(rule vpc.GetSecurityGroupRuleResult) bool {
		return opens(rule, d.Port, group, clients)
	}) {
		security := "GROUP"
		if len(d.VpcSecurityGroups) > 0 {
			security = d.VpcSecurityGroups[0]
		}
		r.say("its security groups let nothing in from %s on port %d: run `aws ec2 authorize-security-group-ingress --group-id %s --protocol tcp --port %d --cidr %s`",
			clients, d.Port, security, d.Port, clients)
	}
	return r
}

// opens reports whether a rule lets the cluster's nodes in: by their group, or by a
// range that has all of the VPC's addresses.
func opens(rule vpc.GetSecurityGroupRuleResult, port int, group, clients string) bool {
	all := rule.IpProtocol == "-1"
	if !all && (rule.IpProtocol != "tcp" || port < rule.FromPort || port > rule.ToPort) {
		return false
	}
	if group != "" && rule.ReferencedSecurityGroupId == group {
		return true
	}
	from, err := netip.ParsePrefix(rule.CidrIpv4)
	if err != nil {
		return false
	}
	whose, err := netip.ParsePrefix(clients)
	return err == nil && from.Bits() <= whose.Bits() && from.Contains(whose.Addr())
}
