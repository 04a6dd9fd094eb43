package database

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const keyArn = "arn:aws:kms:eu-west-1:1:key/database"

func args() *Args {
	return &Args{
		Identifier: "ashlar-prod", InstanceClass: "db.m7g.large", AllocatedGB: 50, BackupDays: 30,
		MultiAZ: true, Protect: true,
		VPCID: pulumi.String("vpc"), SubnetIDs: pulumi.ToStringArray([]string{"a", "b"}),
		ClientSecurity: pulumi.String("sg-nodes"),
		KMSKeyArn:      pulumi.String(keyArn), LogKMSKeyArn: pulumi.String("arn:aws:kms:eu-west-1:1:key/logs"),
		Tags: map[string]string{"ashlar:owner": "platform"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "db", a)
		return err
	})
}

func TestTheDatabaseIsEncryptedAndPrivate(t *testing.T) {
	r := record(t, args())
	i := r.One(t, "aws:rds/instance:Instance")
	for input, want := range map[string]any{
		"storageEncrypted": true, "kmsKeyId": keyArn, "performanceInsightsEnabled": true,
		"performanceInsightsKmsKeyId": keyArn,
		"publiclyAccessible":          false, "iamDatabaseAuthenticationEnabled": true,
		"manageMasterUserPassword": true, "masterUserSecretKmsKeyId": keyArn,
		"engine": "postgres", "engineVersion": "16", "storageType": "gp3", "maxAllocatedStorage": 200.0,
	} {
		if got := i.At(input); got != want {
			t.Errorf("%s is %v, want %v", input, got, want)
		}
	}
	if i.At("password") != nil {
		t.Error("somebody chose the master password")
	}
	for _, g := range r.All("aws:cloudwatch/logGroup:LogGroup") {
		if g.Text("kmsKeyId") != "arn:aws:kms:eu-west-1:1:key/logs" || g.At("retentionInDays") != 90.0 {
			t.Errorf("log group %v", g.Inputs)
		}
		if !slices.ContainsFunc(i.DependsOn, func(urn string) bool { return strings.HasSuffix(urn, "::"+g.Name) }) {
			t.Errorf("RDS may make %s itself, without a key", g.Name)
		}
	}
}

func TestConnectionsComeFromTheClusterOverTLS(t *testing.T) {
	r := record(t, args())
	rule := r.One(t, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
	if rule.Text("referencedSecurityGroupId") != "sg-nodes" || rule.At("cidrIpv4") != nil ||
		rule.At("fromPort") != 5432.0 || rule.At("toPort") != 5432.0 {
		t.Errorf("ingress %v", rule.Inputs)
	}
	group := r.One(t, "aws:ec2/securityGroup:SecurityGroup")
	if group.At("ingress") != nil || group.At("egress") != nil {
		t.Errorf("security group %v", group.Inputs)
	}
	parameters := r.One(t, "aws:rds/parameterGroup:ParameterGroup")
	forced := false
	for _, p := range parameters.At("parameters").([]any) {
		p := p.(map[string]any)
		forced = forced || p["name"] == "rds.force_ssl" && p["value"] == "1"
	}
	if !forced || parameters.Text("family") != "postgres16" {
		t.Errorf("parameters %v", parameters.Inputs)
	}
}

func TestTheDatabaseCannotBeLostByAccident(t *testing.T) {
	i := record(t, args()).One(t, "aws:rds/instance:Instance")
	if !i.Protect || !i.RetainOnDelete || i.At("deletionProtection") != true || i.At("multiAz") != true ||
		i.At("backupRetentionPeriod") != 30.0 {
		t.Errorf("protect %v, retain %v, inputs %v", i.Protect, i.RetainOnDelete, i.Inputs)
	}
	if i.At("skipFinalSnapshot") != false || i.Text("finalSnapshotIdentifier") != "ashlar-prod-final" ||
		i.At("deleteAutomatedBackups") != false {
		t.Errorf("nothing would be left of it: %v", i.Inputs)
	}
	for _, input := range []string{"dbName", "identifier", "kmsKeyId", "storageEncrypted", "username"} {
		if !slices.Contains(i.IgnoreChanges, input) {
			t.Errorf("a change of %s would replace it", input)
		}
	}
	for _, typ := range []string{"aws:rds/subnetGroup:SubnetGroup", "aws:rds/parameterGroup:ParameterGroup",
		"aws:ec2/securityGroup:SecurityGroup"} {
		if !record(t, args()).One(t, typ).RetainOnDelete {
			t.Errorf("%s cannot be deleted while the database is kept", typ)
		}
	}
	a := args()
	a.Protect, a.MultiAZ = false, false
	dev := record(t, a).One(t, "aws:rds/instance:Instance")
	if dev.Protect || dev.At("deletionProtection") != false || !dev.RetainOnDelete {
		t.Errorf("unprotected: protect %v, deletion protection %v, retain %v", dev.Protect,
			dev.At("deletionProtection"), dev.RetainOnDelete)
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	bad := &Args{
		Identifier: "Ashlar--prod", DatabaseName: "1st", EngineVersion: "16.3", InstanceClass: "large", AllocatedGB: 5,
		BackupDays: 36, LogDays: 17,
	}
	err := bad.Validate()
	for _, want := range []string{
		"identifier", "database name", "engine version", "instance class", "5 GB", "36 days", "no VPC",
		"no client security group",
		"no key", "no key for logs", "no subnets", "logs kept 17 days",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
