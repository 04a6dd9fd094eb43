package config

import (
	"strings"
	"testing"
)

// Parts that exist, by ids as AWS gives them.
func withExisting() Config {
	c := sound(LayerFoundation, ProviderAWS)
	c.Existing = ExistingConfig{
		VPC: "vpc-0123456789abcdef0", Subnets: []string{"subnet-0a1b2c3d", "subnet-0a1b2c3e"}, Cluster: "platform",
		Key: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd", Database: "platform-postgres",
		Registry: "platform/runtime", Addons: []string{"argo-workflows"},
	}
	return c
}

func TestPartsThatExistAreNamedByTheirIds(t *testing.T) {
	if err := Validate(nil, withExisting()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit func(*ExistingConfig)
		want string
	}{
		"a name for a VPC":   {func(e *ExistingConfig) { e.VPC = "main" }, `existing.vpc: "main": write it as vpc-`},
		"a VPC for a subnet": {func(e *ExistingConfig) { e.Subnets[0] = e.VPC }, "existing.subnets"},
		"one subnet": {func(e *ExistingConfig) { e.Subnets = e.Subnets[:1] },
			"name two private subnets of vpc-"},
		"a subnet twice":      {func(e *ExistingConfig) { e.Subnets[1] = e.Subnets[0] }, "one is named twice"},
		"no VPC":              {func(e *ExistingConfig) { e.VPC = "" }, "existing.subnets: name the VPC too"},
		"a cluster anywhere":  {func(e *ExistingConfig) { e.VPC = "" }, "existing.cluster: name its VPC"},
		"a database anywhere": {func(e *ExistingConfig) { e.VPC = "" }, "existing.database: name its VPC"},
		"a cluster's ARN":     {func(e *ExistingConfig) { e.Cluster = "arn:aws:eks:::c" }, "existing.cluster"},
		"a key's alias":       {func(e *ExistingConfig) { e.Key = "alias/data" }, "existing.key"},
		"a key elsewhere": {func(e *ExistingConfig) { e.Key = "arn:aws:kms:us-east-1:123456789012:key/1" },
			"a key of us-east-1"},
		"a database's address": {func(e *ExistingConfig) { e.Database = "db.example.com" }, "existing.database"},
		"a registry's URL":     {func(e *ExistingConfig) { e.Registry = "https://ecr" }, "existing.registry"},
		"an add-on's title":    {func(e *ExistingConfig) { e.Addons[0] = "Argo Workflows" }, "existing.addons"},
		"a long identifier":    {func(e *ExistingConfig) { e.Database = strings.Repeat("a", 64) }, "at most 63"},
		"a long repository":    {func(e *ExistingConfig) { e.Registry = strings.Repeat("a", 257) }, "at most 256"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := withExisting()
			c.edit(&cfg.Existing)
			wants(t, Validate(nil, cfg), c.want)
		})
	}
}

// TestWhatDescribesAnExistingPartIsRefused: nothing would read it.
func TestWhatDescribesAnExistingPartIsRefused(t *testing.T) {
	values := map[string]string{"ashlar:layer": "foundation", "ashlar:environment": "dev", "aws:region": "eu-central-1",
		"ashlar:existing": `{"vpc":"vpc-0123456789abcdef0","subnets":["subnet-0a1b2c3d","subnet-0a1b2c3e"],"cluster":"platform","database":"pg"}`,
		"ashlar:cluster":  `{"admins":["arn:aws:iam::123456789012:role/platform"],"gpu":true}`,
		"ashlar:network":  `{"reserved":["10.9.0.0/16"]}`}
	c, err := Read(values, "ashlar", "dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(nil, c); err != nil {
		t.Errorf("admins, GPUs and reserved ranges concern a cluster and a VPC that exist too: %v", err)
	}
	if c.Existing.VPC != "vpc-0123456789abcdef0" || len(c.Existing.Subnets) != 2 {
		t.Errorf("read %+v", c.Existing)
	}
	values["ashlar:network"] = `{"cidr":"10.1.0.0/16"}`
	values["ashlar:cluster"] = `{"version":"1.35","training":{"maxNodes":2}}`
	values["ashlar:database"] = `{"multiAz":true}`
	_, err = Read(values, "ashlar", "dev")
	wants(t, err, "config network.cidr: existing.vpc names one that exists", "config cluster.version: existing.cluster",
		"config cluster.training.maxNodes", "config database.multiAz: existing.database")
}
