package foundation

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatADestroyedFoundationKeptIsKnownByItsTags(t *testing.T) {
	u := &builder{cfg: whole("prod"), project: "ashlar", stack: "foundation-prod", at: notYet()}
	own := func(rest, title string) tagged {
		tags := maps.Clone(u.tags())
		tags[nameTag] = title
		return tagged{"arn:aws:" + rest, tags}
	}
	const at = ":eu-west-1:123456789012:"
	all := []tagged{
		own("rds"+at+"db:ashlar-prod", ""), own("rds"+at+"subgrp:ashlar-prod", ""),
		own("rds"+at+"pg:ashlar-prod-postgres16", ""),
		own("rds"+at+"db:somebody", ""),
		own("ec2"+at+"vpc/vpc-1", "ashlar-prod"), own("ec2"+at+"subnet/subnet-1", "ashlar-prod-private-eu-west-1a"),
		own("ec2"+at+"subnet/subnet-2", "ashlar-prod-public-eu-west-1a"),
		own("ec2"+at+"security-group/sg-1", "ashlar-prod-database"),
		own("ec2"+at+"security-group/sg-2", "ashlar-prod-endpoints"),
		own("kms"+at+"key/1234", "ashlar-prod-data-key"), own("kms"+at+"key/5678", "ashlar-prod-pulumi"),
		own("kms"+at+"alias/ashlar-prod-data-key", ""),
		own("ecr"+at+"repository/ashlar-prod/runtime", ""), own("s3:::flows", ""),
	}
	ids, notes := u.imports(all)
	want := map[string]string{
		"aws:rds/instance:Instance::database":               "ashlar-prod",
		"aws:rds/subnetGroup:SubnetGroup::database":         "ashlar-prod",
		"aws:rds/parameterGroup:ParameterGroup::database":   "ashlar-prod-postgres16",
		"aws:ec2/vpc:Vpc::network":                          "vpc-1",
		"aws:ec2/subnet:Subnet::network-private-eu-west-1a": "subnet-1",
		"aws:ec2/securityGroup:SecurityGroup::database":     "sg-1",
		"aws:kms/key:Key::data-key":                         "1234",
		"aws:ecr/repository:Repository::registry":           "ashlar-prod/runtime",
	}
	if d := cmp.Diff(want, ids); d != "" || len(notes) != 0 {
		t.Errorf("taken over (-want +got):\n%s\nnotes %v", d, notes)
	}
	ids, notes = u.imports(append(all, own("ec2"+at+"vpc/vpc-9", "ashlar-prod")))
	if ids["aws:ec2/vpc:Vpc::network"] != "" || len(notes) != 1 || !strings.Contains(notes[0], "vpc/vpc-9") {
		t.Errorf("of two networks one is chosen: %v, notes %v", ids, notes)
	}
	all[0].tags["ashlar:cost-centre"] = "another"
	if ids, _ = u.imports(all); ids["aws:rds/instance:Instance::database"] != "" {
		t.Error("what has another tag is taken over")
	}
}
