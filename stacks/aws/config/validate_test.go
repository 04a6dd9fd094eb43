package config

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The configs that the refused ones are edits of.
var (
	soundFoundation = sound(LayerFoundation, ProviderAWS)
	soundWorkloads  = sound(LayerWorkloads, ProviderAWS)
	soundAnywhere   = sound(LayerWorkloads, ProviderKubernetes)
)

var refused = map[string]struct {
	from Config
	edit func(*Config)
	want string
}{
	"backups to a folder": {soundAnywhere, func(c *Config) { c.Backup.URL = "/mnt/backups" },
		"backup.url: want s3://bucket/prefix"},
	"backups with a key in the URL": {soundAnywhere, func(c *Config) { c.Backup.URL = "s3://key:secret@away/x" },
		"backup.url: holds credentials"},
	"backups in the store": {soundAnywhere, func(c *Config) { c.Backup.URL = c.StoreURL },
		"backup.url: is in the store"},
	"backups below the store": {soundAnywhere, func(c *Config) {
		c.StoreURL, c.Backup.URL = "s3://models/a?region=x", "s3://models/a/backups?region=x"
	}, "backup.url: is in the store"},
	"backups in a bucket of somebody else's": {soundWorkloads, func(c *Config) { c.Backup.URL = "s3://away" },
		"the boundary of workloads lets them write"},
	"backups under a key of somebody else's": {soundWorkloads, func(c *Config) {
		c.Backup.URL = "s3://ashlar-dev-ashlar-backups-123456789012?kmskeyid=arn:aws:kms:eu-west-1:1:key/k"
	}, "backup.url: kmskeyid"},
	"backups at no time": {soundAnywhere, func(c *Config) {
		c.Backup.URL, c.Backup.Schedule = "s3://away", "whenever"
	}, "backup.schedule"},
	"backups at intervals": {soundAnywhere, func(c *Config) {
		c.Backup.URL, c.Backup.Schedule = "s3://away", "@every 1h"
	}, "write it as a time"},
	"no backup is kept": {soundAnywhere, func(c *Config) { c.Backup.URL, c.Backup.Keep = "s3://away", -1 },
		"backup.keep: -1"},
	"another layer": {soundFoundation, func(c *Config) { c.Layer = "base" },
		`layer: "base"; use foundation or workloads`},
	"another provider": {soundFoundation, func(c *Config) { c.Provider = "gcp" },
		`provider: "gcp"`},
	"a foundation anywhere": {soundFoundation,
		func(c *Config) { c.Provider = ProviderKubernetes }, "has no foundation"},
	"no region": {soundFoundation, func(c *Config) { c.Region = "" },
		"pulumi config set aws:region"},
	"no environment": {soundFoundation, func(c *Config) { c.Environment = "" }, "environment"},
	"a long name": {soundFoundation,
		func(c *Config) { c.Name = strings.Repeat("a", 21) }, "at most 20"},
	"a cost centre that is no label": {soundFoundation, func(c *Config) { c.CostCentre = "R&D" }, "costCentre"},
	"a CIDR that is none": {soundFoundation,
		func(c *Config) { c.Network.CIDR = "10.0.0.0" }, "not an IPv4 range"},
	"a CIDR with host bits": {soundFoundation,
		func(c *Config) { c.Network.CIDR = "10.0.0.1/16" }, "write 10.0.0.0/16"},
	"a public CIDR": {soundFoundation,
		func(c *Config) { c.Network.CIDR = "8.8.0.0/16" }, "private range"},
	"a small CIDR": {soundFoundation,
		func(c *Config) { c.Network.CIDR = "10.0.0.0/24" }, "/16 to /22"},
	"a CIDR over the services": {soundFoundation, func(c *Config) { c.Network.CIDR = "172.20.0.0/16" },
		"overlaps 172.20.0.0/16"},
	"a CIDR over an office": {soundFoundation,
		func(c *Config) { c.Network.Reserved = []string{"10.0.128.0/24"} }, "overlaps 10.0.128.0/24"},
	"one zone": {soundFoundation,
		func(c *Config) { c.Network.Zones = []string{"eu-central-1a"} }, "two or three"},
	"a zone elsewhere": {soundFoundation,
		func(c *Config) { c.Network.Zones = []string{"eu-central-1a", "us-east-1a"} },
		`"us-east-1a" is not a zone of eu-central-1`},
	"a zone twice": {soundFoundation,
		func(c *Config) { c.Network.Zones = []string{"eu-central-1a", "eu-central-1a"} }, "named twice"},
	"an old Kubernetes": {soundFoundation, func(c *Config) { c.Cluster.Version = "1.18" },
		"cluster.version"},
	"more nodes than the most": {soundFoundation, func(c *Config) { c.Cluster.MinNodes = 9 },
		"minNodes 9 and maxNodes 6"},
	"an instance type that is none": {soundFoundation, func(c *Config) { c.Cluster.NodeTypes = []string{"big"} },
		`"big" is not an instance type`},
	"GPUs without a pool": {soundFoundation, func(c *Config) { c.Cluster.GPU = true }, "no training pool"},
	"an API server for anybody": {soundFoundation,
		func(c *Config) {
			c.Cluster.PublicEndpoint, c.Cluster.PublicCIDRs = true,
				[]string{"0.0.0.0/0"}
		}, "to the internet"},
	"a public API server for nobody": {soundFoundation,
		func(c *Config) { c.Cluster.PublicEndpoint = true }, "needs the ranges"},
	"ranges of a private API server": {soundFoundation,
		func(c *Config) { c.Cluster.PublicCIDRs = []string{"203.0.113.0/24"} }, "is private"},
	"an administrator without an ARN": {soundFoundation, func(c *Config) { c.Cluster.Admins = []string{"alice"} },
		`"alice" is not the ARN`},
	"a database class that is none": {soundFoundation,
		func(c *Config) { c.Database.InstanceClass = "t4g.medium" }, "such as db.t4g.medium"},
	"a small database": {soundFoundation, func(c *Config) { c.Database.AllocatedGB = 5 }, "20 to 65536"},
	"long backups":     {soundFoundation, func(c *Config) { c.Database.BackupDays = 36 }, "1 to 35"},
	"any repository": {soundFoundation,
		func(c *Config) { c.GitHub = &GitHubConfig{Repository: "acme/*"} }, "github.repository"},
	"no namespace for CI": {soundFoundation,
		func(c *Config) { c.GitHub = &GitHubConfig{Repository: "acme/ml"} }, "github.namespaces"},
	"the system's namespace for CI": {soundFoundation,
		func(c *Config) {
			c.GitHub = &GitHubConfig{Repository: "acme/ml", Namespaces: []string{"ashlar-dev-system"}}
		},
		"is the installation's own"},
	"any state": {soundFoundation,
		func(c *Config) {
			c.GitHub = &GitHubConfig{Repository: "acme/ml", Namespaces: []string{"credit"}, State: "*"}
		}, "github.state"},

	"no foundation": {soundWorkloads, func(c *Config) { c.Foundation = "" }, "pulumi stack ls"},
	"a foundation without a project": {soundWorkloads, func(c *Config) { c.Foundation = "foundation-dev" },
		"organization/ashlar/foundation-dev"},
	"no image": {soundWorkloads, func(c *Config) { c.Image = "" }, "ashlar image push"},
	"the latest image": {soundWorkloads,
		func(c *Config) { c.Image = "registry.example.com/runtime:latest" }, "never moved"},
	"an image without a tag": {soundWorkloads,
		func(c *Config) { c.Image = "registry.example.com/runtime" }, "never moved"},
	"another delivery":        {soundWorkloads, func(c *Config) { c.Delivery = "ftp" }, "rollout or deployment"},
	"other pipelines":         {soundWorkloads, func(c *Config) { c.Pipelines = "airflow" }, "argo or cronjob"},
	"a namespace in capitals": {soundWorkloads, func(c *Config) { c.Namespace = "ML" }, "namespace"},
	"a custom store on AWS": {soundWorkloads, func(c *Config) { c.StoreURL = "s3://b" },
		"for provider kubernetes"},

	"no store":                 {soundAnywhere, func(c *Config) { c.StoreURL = "" }, "storeUrl"},
	"a store that is a folder": {soundAnywhere, func(c *Config) { c.StoreURL = "file:///data" }, "s3://bucket/prefix"},
	"credentials in the store": {soundAnywhere,
		func(c *Config) { c.StoreURL = "s3://key:secret@bucket" }, "holds credentials"},
	"half of a key to the store": {soundAnywhere, func(c *Config) { c.StoreKey = "hunter2" }, "set both, or neither"},
	"a key to the store on AWS": {soundWorkloads, func(c *Config) { c.StoreKeyID, c.StoreKey = "id", "hunter2" },
		"for provider kubernetes"},
	"a context on AWS": {soundWorkloads, func(c *Config) { c.Context = "dev" }, "the cluster is the foundation's"},
	"names that leave no room": {soundWorkloads, func(c *Config) {
		c.Installation, c.Name = strings.Repeat("a", 20), strings.Repeat("b", 20)
	}, "choose a shorter one by `pulumi config set name NAME`"},
	"no database": {soundAnywhere, func(c *Config) { c.DatabaseURL = "" },
		"pulumi config set --secret databaseUrl"},
	"another database": {soundAnywhere,
		func(c *Config) { c.DatabaseURL = "mysql://u:hunter2@h/d" }, "not a PostgreSQL URL"},
	"a foundation for nothing": {soundAnywhere,
		func(c *Config) { c.Foundation = "organization/ashlar/f" }, "has no foundation"},
}

func TestValidateRefuses(t *testing.T) {
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			cfg := c.from
			c.edit(&cfg)
			err := Validate(onePlan(), cfg)
			wants(t, err, c.want)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a password is in the message: %v", err)
			}
		})
	}
}

func TestValidateRefusesPlansThatCollideOrDoNotFit(t *testing.T) {
	cfg := sound(LayerWorkloads, ProviderAWS)
	cfg.Namespace = "ml"
	a, b := *onePlan()[0], *onePlan()[0]
	b.Environment = "prod"
	b.Endpoints = map[string]plan.Endpoint{strings.Repeat("e", 64): {}}
	wants(t, Validate([]*plan.Plan{&a, &b}, cfg), "2 blueprints would share it", "two blueprints have this name",
		"planned for prod, but config environment is dev", "at most 40 characters")
	wants(t, Validate(nil, cfg), "no blueprint to deploy")
	cfg = sound(LayerFoundation, ProviderAWS)
	cfg.Environment = "qa"
	wants(t, Validate(nil, cfg), "named by no blueprint")
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	wants(t, Validate(nil, Config{}), "layer", "aws:region", "environment")
	wants(t, Validate(nil, Config{Layer: LayerWorkloads}), "aws:region", "environment", "image",
		"foundation", "blueprints")
}
