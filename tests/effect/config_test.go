package effect

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// setting is a change of one config key whose effect is in what is rendered.
type setting struct {
	base     map[string]string
	from, to string // values; "" is none
}

func foundation(more ...string) map[string]string {
	return pairsOf(append([]string{"environment=dev", "layer=foundation"}, more...)...)
}

// settings lists every key of Pulumi's config.
func settings() map[string]setting {
	out := ofWorkloads()
	maps.Copy(out, ofFoundation())
	return out
}

// ofFoundation are the keys that the foundation reads, alone or as well.
func ofFoundation() map[string]setting {
	repository := foundation("github.repository=acme/shop", `github.namespaces=["shop"]`)
	inVPC := foundation("existing.vpc=vpc-01234567",
		`existing.subnets=["subnet-01234567","subnet-12345678"]`)
	noVPC := foundation(`existing.subnets=["subnet-01234567","subnet-12345678"]`)
	pooled := foundation(`nodes.pools={"a":{"limits":{"cpu":8,"memory":"32Gi"}}}`)
	public := foundation("cluster.publicEndpoint=true", "cluster.publicCidrs=[\"203.0.113.0/24\"]")
	gitlab := foundation("gitlab.repository=acme/shop", `gitlab.namespaces=["shop"]`)
	return map[string]setting{
		"gitlab.repository": {gitlab, "acme/shop", "acme/risk/shop"},
		"gitlab.host":       {gitlab, "", "gitlab.example.com"}, "gitlab.branch": {gitlab, "", "trunk"},
		"gitlab.namespaces": {gitlab, `["shop"]`, `["store"]`},
		"gitlab.state":      {gitlab, "", "acme-state"}, "gitlab.existingIssuer": {gitlab, "", "true"},
		"environment": {foundation(), "dev", "prod"},
		"name":        {foundation(), "", "acme"}, "costCentre": {foundation(), "", "4711"},
		"protect":            {foundation(), "", "true"},
		"network.cidr":       {foundation(), "", "10.1.0.0/16"},
		"network.zones":      {foundation(), "", `["eu-central-1a", "eu-central-1c"]`},
		"network.natPerZone": {foundation(), "", "true"}, "network.reserved": {foundation(), "", `["10.0.0.0/16"]`},
		"cluster.version": {foundation(), "", "1.31"}, "cluster.publicEndpoint": {public, "true", "false"},
		"cluster.publicCidrs": {public, `["203.0.113.0/24"]`, `["198.51.100.0/24"]`},
		"cluster.nodeTypes":   {foundation(), "", `["m7i.large"]`},
		"cluster.minNodes":    {foundation(), "", "4"}, "cluster.maxNodes": {foundation(), "", "9"},
		"cluster.gpu":                {foundation("cluster.training.maxNodes=2"), "", "true"},
		"cluster.admins":             {foundation(), "", `["arn:aws:iam::123456789012:role/admin"]`},
		"cluster.training.nodeTypes": {foundation("cluster.training.maxNodes=2"), "", `["m7i.2xlarge"]`},
		"cluster.training.minNodes":  {foundation("cluster.training.maxNodes=2"), "", "1"},
		"cluster.training.maxNodes":  {foundation("cluster.training.minNodes=1"), "", "7"},
		"nodes.pools": {foundation(), `{"a":{"limits":{"cpu":8,"memory":"32Gi"}}}`,
			`{"a":{"limits":{"cpu":8,"memory":"32Gi"},"capacity":"spot"}}`},
		"nodes.consolidation":    {pooled, "", "WhenEmpty"},
		"nodes.consolidateAfter": {pooled, "", "1h"},
		"database.instanceClass": {foundation(), "", "db.m7g.large"},
		"database.allocatedGb":   {foundation(), "", "80"},
		"database.multiAz":       {foundation(), "", "true"}, "database.backupDays": {foundation(), "", "9"},
		"database.backupRegion": {foundation(), "", "eu-west-1"},
		"budget.monthly":        {foundation(`budget.emails=["ada@example.com"]`), "900", "1200"},
		"budget.emails":         {foundation("budget.monthly=900"), `["ada@example.com"]`, `["eve@example.com"]`},
		"trail":                 {foundation(), "", "true"},
		"github.repository":     {repository, "acme/shop", "acme/store"},
		"github.namespaces":     {repository, `["shop"]`, `["store"]`},
		"github.state":          {repository, "", "acme-state"}, "github.existingIssuer": {repository, "", "true"},
		"existing.vpc": {noVPC, "vpc-01234567", "vpc-12345678"},
		"existing.subnets": {inVPC, `["subnet-01234567","subnet-12345678"]`,
			`["subnet-01234567","subnet-23456789"]`},
		"existing.cluster":    {inVPC, "", "platform"},
		"existing.key":        {foundation(), "", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"},
		"existing.database":   {inVPC, "", "platform-postgres"},
		"existing.registry":   {foundation(), "", "platform/runtime"},
		"existing.bucket":     {foundation(), "", "platform-ml"},
		"existing.prometheus": {foundation(`existing.addons=["kube-prometheus-stack"]`), "", `{"release":"prom"}`},
		"existing.addons":     {foundation(), "", `["argo-workflows"]`},
		"tenants": {foundation(), `{"shop":{"repository":"acme/shop","namespaces":["shop"]}}`,
			`{"store":{"repository":"acme/shop","namespaces":["shop"]}}`},
	}
}

// ofWorkloads are the keys that say the layer, or that the workloads alone read.
func ofWorkloads() map[string]setting {
	return map[string]setting{
		"layer": {onAWS(), "workloads", "foundation"}, "provider": {anywhere(), "kubernetes", "aws"},
		"foundation":   {onAWS(), "organization/ashlar/foundation-dev", "dev"},
		"installation": {onAWS(), "", "acme"},
		"context":      {anywhere(), "dev", "prod"},
		"server":       {anywhere(), "https://a.example.com", "https://b.example.com"},
		"image":        {anywhere(), "registry.example.com/runtime:1.0.0", "registry.example.com/runtime:1.0.1"},
		"namespace":    {anywhere(), "", "loans"},
		"storeUrl": {anywhere(), "s3://models/ashlar?region=eu-central-1",
			"s3://other/ashlar?region=eu-central-1"},
		"storeAccessKeyId":     {anywhere("storeSecretAccessKey=hidden"), "AKIA1", "AKIA2"},
		"storeSecretAccessKey": {anywhere("storeAccessKeyId=AKIA1"), "hidden", "other"},
		"databaseUrl": {anywhere(), "postgres://u:secret@db.example.com:5432/ashlar",
			"postgres://u:secret@other.example.com:5432/ashlar"},
		"databaseSchema": {anywhere(), "", "models"},
		"databaseCidrs":  {anywhere(), "", `["10.9.0.0/24"]`}, "mailServer": {anywhere(), "", "192.0.2.25:587"},
		"backup.url":             {anywhere(), "", "s3://away/ashlar?region=eu-west-1"},
		"backup.schedule":        {anywhere("backup.url=s3://away?region=eu-west-1"), "", "0 4 * * *"},
		"backup.keep":            {anywhere("backup.url=s3://away?region=eu-west-1"), "", "7"},
		"highPriorityClass":      {anywhere("highPriorityClass=critical", "lowPriorityClass=batch"), "critical", "urgent"},
		"lowPriorityClass":       {anywhere("highPriorityClass=critical", "lowPriorityClass=batch"), "batch", "spare"},
		"clusterQueue":           {anywhere(), "", "team-a"},
		"kedaNamespace":          {anywhere(), "", "keda"},
		"prometheusNamespace":    {anywhere("monitoring=true"), "", "observability"},
		"rolloutsNamespace":      {anywhere(), "", "argo"},
		"adopt":                  {anywhere(), "", "true"},
		"ingress.gateway":        {anywhere("ingress.from=[\"edge\"]"), "infra/public", "infra/private"},
		"ingress.gatewayClass":   {anywhere("ingress.from=[\"edge\"]"), "cilium", "istio"},
		"ingress.class":          {onAWS(), "", "nginx"},
		"ingress.from":           {anywhere("ingress.gateway=infra/public"), "", "[\"edge\"]"},
		"ingress.internetFacing": {onAWS(), "", "true"},
		"delivery":               {anywhere(), "rollout", "deployment"}, "pipelines": {anywhere(), "argo", "cronjob"},
		"tracing.endpoint": {anywhere(), "", "http://otel-collector.observability.svc:4318"},
		"tracing.ratio":    {anywhere("tracing.endpoint=http://192.0.2.9:4318"), "", "0.1"},
		"monitoring":       {anywhere(), "true", "false"},
	}
}

// TestEveryConfigKeyHasAnEffect changes each key and looks at what is rendered.
func TestEveryConfigKeyHasAnEffect(t *testing.T) {
	all := settings()
	for _, key := range config.Keys() {
		s, ok := all[key]
		if !ok {
			t.Errorf("config %s: nothing shows that it has an effect; add a setting", key)
			continue
		}
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, "base.cue")
			p, err := blueprints.LoadDir(l.dir, "dev")
			if err != nil {
				t.Fatal(err)
			}
			line := p.Pipelines["nightly"]
			line.OnFailure.Email = []string{"oncall@example.com"} // somebody hears of failures
			if strings.HasSuffix(key, "PriorityClass") {
				e := p.Endpoints["scoring"]
				e.Priority, line.Priority = plan.HighPriority, plan.LowPriority
				p.Endpoints["scoring"] = e
			}
			p.Pipelines["nightly"] = line
			exposedFor(key, p)
			look := func(value string) string {
				values := maps.Clone(s.base)
				delete(values, "ashlar:"+key)
				if value != "" {
					values["ashlar:"+key] = value
				}
				if values["ashlar:layer"] == "foundation" {
					return rendered(t, values, l.dir)
				}
				return rendered(t, values, l.dir, p)
			}
			before, after := look(s.from), look(s.to)
			if before == after {
				t.Errorf("%s: nothing changes from %q to %q", key, s.from, s.to)
			}
			if again := look(s.from); again != before {
				t.Errorf("two renderings of the same differ:\n%s", difference(before, again))
			}
			if !strings.HasPrefix(before, "-- ") {
				t.Errorf("%s=%s is refused, so that nothing was compared: %s", key, s.from, before)
			}
		})
	}
	for key := range all {
		if !slices.Contains(config.Keys(), key) {
			t.Errorf("config %s is listed, and nothing reads it", key)
		}
	}
}

// TestPulumiYAMLNamesTheKeysThatThereAre holds the declarations that people see
// to the keys that are read, and the other way about.
func TestPulumiYAMLNamesTheKeysThatThereAre(t *testing.T) {
	text, err := os.ReadFile("../../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config map[string]struct{ Description string }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, key := range append(config.Keys(), "blueprints") {
		top, rest, nested := strings.Cut(key, ".")
		declared, ok := file.Config[top]
		if !ok {
			t.Errorf("Pulumi.yaml does not declare %s", top)
			continue
		}
		last := rest[strings.LastIndex(rest, ".")+1:]
		if nested && !strings.Contains(declared.Description, last) {
			t.Errorf("Pulumi.yaml says nothing of %s under %s", last, top)
		}
	}
	for name := range file.Config {
		known := slices.ContainsFunc(append(config.Keys(), "blueprints"),
			func(key string) bool { return key == name || strings.HasPrefix(key, name+".") })
		if !known {
			t.Errorf("Pulumi.yaml declares %s, and nothing reads it", name)
		}
	}
}

// TestTheDefaultsOfPulumiYAMLAreNoSettings: the engine hands every default that is
// declared to the program, in either layer, as if somebody had set it.
func TestTheDefaultsOfPulumiYAMLAreNoSettings(t *testing.T) {
	text, err := os.ReadFile("../../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config map[string]struct{ Default any }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, layer := range []string{config.LayerFoundation, config.LayerWorkloads} {
		values := map[string]string{"ashlar:layer": layer, "ashlar:environment": "dev"}
		alone, err := config.Read(values, "ashlar", "dev")
		if err != nil {
			t.Fatal(err)
		}
		for name, declared := range file.Config {
			if _, set := values["ashlar:"+name]; set || name == "blueprints" || declared.Default == nil {
				continue
			}
			value, isText := declared.Default.(string)
			if !isText {
				encoded, err := json.Marshal(declared.Default)
				if err != nil {
					t.Fatal(err)
				}
				value = string(encoded)
			}
			values["ashlar:"+name] = value
		}
		if got, err := config.Read(values, "ashlar", "dev"); err != nil || !reflect.DeepEqual(got, alone) {
			t.Errorf("%s: %+v with the defaults, %+v without (%v)", layer, got, alone, err)
		}
	}
}
