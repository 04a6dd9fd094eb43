package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// fromCallers are fields that whoever runs the program says, and no stack's config.
var fromCallers = []string{".Folders", ".Admission", ".Describe", ".Project", ".Stack", ".Now", ".Partial"}

func TestEveryFieldOfConfigHasAKey(t *testing.T) {
	var c Config
	reached := map[any]bool{}
	for _, k := range keys {
		reached[reflect.ValueOf(k.target(&c)).Pointer()] = true
	}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch {
		case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
			walk(path, v.Elem())
		case slices.Contains(fromCallers, path):
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case path != ".Region" && !reached[v.Addr().Pointer()]:
			t.Errorf("Config%s has no key: Pulumi config cannot set it", path)
		}
	}
	walk("", reflect.ValueOf(&c).Elem())
}

func TestReadConfigReadsNestedAndDottedKeys(t *testing.T) {
	c, err := Read(map[string]string{
		"ashlar:environment":         "prod",
		"ashlar:layer":               "foundation",
		"ashlar:network":             `{"cidr":"10.8.0.0/16","zones":["eu-central-1a","eu-central-1b"],"natPerZone":"false"}`,
		"ashlar:cluster":             `{"training":{"maxNodes":8},"gpu":true}`,
		"ashlar:database.multiAz":    "false",
		"ashlar:cluster.publicCidrs": "203.0.113.0/24, 198.51.100.0/24",
		"aws:region":                 "eu-central-1",
		"kubernetes:context":         "left alone",
		"ashlar:blueprints":          "a,b",
		"ashlar:costCentre":          "",
	}, "ashlar", "dev", "blueprints")
	if err != nil {
		t.Fatal(err)
	}
	if c.Network.CIDR != "10.8.0.0/16" || c.Network.NATPerZone ||
		!reflect.DeepEqual(c.Network.Zones, []string{"eu-central-1a", "eu-central-1b"}) {
		t.Errorf("network %+v", c.Network)
	}
	if c.Cluster.Training == nil || c.Cluster.Training.MaxNodes != 8 ||
		c.Cluster.Training.NodeTypes[0] != "g5.xlarge" || !c.Cluster.GPU {
		t.Errorf("cluster %+v, training %+v", c.Cluster, c.Cluster.Training)
	}
	if c.MultiAZ() || !c.Protected() || c.Region != "eu-central-1" ||
		len(c.Cluster.PublicCIDRs) != 2 || c.GitHub != nil {
		t.Errorf("config %+v", c)
	}
}

func TestReadConfigNamesEveryProblemAtOnce(t *testing.T) {
	_, err := Read(map[string]string{
		"ashlar:environmen":          "prod",
		"ashlar:network":             "10.0.0.0/16",
		"ashlar:protect":             "yes please",
		"ashlar:database.multiAz":    "true",
		"ashlar:something.else":      "x",
		"ashlar:cluster.minNodes":    "two",
		"ashlar:databaseUrl":         "postgres://u:hunter2@h/d",
		"ashlar:databaseUrls":        "postgres://u:hunter2@h/d",
		"ashlar:cluster.maxNodes":    "",
		"ashlar:monitoring":          "false",
		"ashlar:cluster.adminsistor": "",
	}, "ashlar", "dev")
	wants(t, err, `environmen: unknown key; did you mean environment?`,
		`pulumi config set --path 'network.NAME' VALUE`,
		`protect: "yes please" is neither true nor false`,
		`database.multiAz: only the foundation layer reads it`,
		`something.else: unknown key`, `cluster.minNodes: only the foundation layer`)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password is in the message: %v", err)
	}
}

func TestDefaultsFollowTheEnvironment(t *testing.T) {
	dev, prod := Defaults(LayerFoundation, "", "dev"), Defaults(LayerFoundation, "", "prod")
	if dev.Network.NATPerZone || dev.MultiAZ() || dev.Protected() || dev.Database.BackupDays != 7 {
		t.Errorf("dev %+v", dev)
	}
	if !prod.Network.NATPerZone || !prod.MultiAZ() || !prod.Protected() || prod.Database.BackupDays != 30 {
		t.Errorf("prod %+v", prod)
	}
	filled := prod.Filled()
	if again := filled.Filled(); !reflect.DeepEqual(again, filled) {
		t.Errorf("filling twice changed %+v to %+v", filled, again)
	}
	anywhere := Defaults(LayerWorkloads, ProviderKubernetes, "dev")
	if anywhere.Delivery != DeliveryDeployment || anywhere.Pipelines != PipelinesCronJob || anywhere.Monitoring {
		t.Errorf("any cluster must need no operator: %+v", anywhere)
	}
}

// sound returns a config of each layer that Validate accepts.
func sound(layer, provider string) Config {
	c := Defaults(layer, provider, "dev")
	if provider == ProviderAWS {
		c.Region = "eu-central-1"
	}
	if layer == LayerWorkloads {
		c.Image = "registry.example.com/ashlar-runtime:1.0.0"
		if provider == ProviderAWS {
			c.Foundation = "organization/ashlar/foundation-dev"
		} else {
			c.StoreURL, c.DatabaseURL = "s3://bucket/prefix", "postgres://u:p@db:5432/ashlar"
		}
	}
	return c
}

func onePlan() []*plan.Plan {
	return []*plan.Plan{{APIVersion: plan.APIVersion, Name: "credit-risk", Environment: "dev"}}
}

func TestASoundConfigIsAccepted(t *testing.T) {
	for _, c := range []Config{sound(LayerFoundation, ProviderAWS), sound(LayerWorkloads, ProviderAWS),
		sound(LayerWorkloads, ProviderKubernetes)} {
		if err := Validate(onePlan(), c); err != nil {
			t.Errorf("%s on %s: %v", c.Layer, c.Provider, err)
		}
	}
	if err := Validate(nil, sound(LayerFoundation, ProviderAWS)); err != nil {
		t.Errorf("a foundation needs no blueprint: %v", err)
	}
}

// wants fails unless the error says all of the texts.
func wants(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
}
