package aws

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// reaches evaluates the rendered NetworkPolicies as Kubernetes does: policies
// add up, and what none of them lets out stays in.
func reaches(t *testing.T, r *pulumitest.Recording, space string, labels map[string]string,
	address string, port int) bool {
	t.Helper()
	isolated, out := false, false
	to := netip.MustParseAddr(address)
	for _, p := range r.All("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
		if p.Text("metadata.namespace") != space || !selects(p.At("spec.podSelector.matchLabels"), labels) {
			continue
		}
		isolated = isolated || p.Text("spec.policyTypes.0") == "Egress" || p.Text("spec.policyTypes.1") == "Egress"
		rules, _ := p.At("spec.egress").([]any)
		for _, rule := range rules {
			rule := rule.(map[string]any)
			there := false
			for _, one := range rule["to"].([]any) {
				block, ok := one.(map[string]any)["ipBlock"].(map[string]any)
				if !ok {
					continue // a namespace: its pods have no address here
				}
				there = there || netip.MustParsePrefix(block["cidr"].(string)).Contains(to)
			}
			for _, one := range rule["ports"].([]any) {
				out = out || there && one.(map[string]any)["port"] == float64(port)
			}
		}
	}
	if !isolated {
		t.Errorf("nothing confines pods %v", labels)
	}
	return out
}

func selects(selector any, labels map[string]string) bool {
	want, _ := selector.(map[string]any)
	for key, value := range want {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// labels are those of a workload's pods.
func labels(kind, name string, more ...string) map[string]string {
	out := map[string]string{"app.kubernetes.io/instance": "credit-risk", "app.kubernetes.io/component": kind,
		"app.kubernetes.io/name": name}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func TestEachDutyReachesWhatItNeedsAndNothingElse(t *testing.T) {
	const internet, database, other = "198.51.100.7", "10.0.3.4", "192.0.2.9"
	serving, stage, end := labels(lineage.KindEndpoint, "scoring"), labels(lineage.KindPipeline, "nightly"),
		labels(lineage.KindPipeline, "nightly", labelDuty, finishes)
	registering := labels(lineage.KindPipeline, "nightly", labelDuty, registers)
	mailing := func(c config.Config) config.Config {
		c.MailServer = "192.0.2.25:587"
		return c
	}
	traced := cloud()
	traced.Tracing.Endpoint = "http://192.0.2.77:4318"
	named := elsewhere()
	named.DatabaseURL = "postgres://ashlar:" + password + "@db.example.com:5432/ashlar"
	named.DatabaseCIDRs = []string{"10.0.3.0/24"}
	for name, c := range map[string]struct {
		cfg     config.Config
		pods    map[string]string
		address string
		port    int
		want    bool
	}{
		"serving, the collector":                     {traced, serving, "192.0.2.77", 4318, true},
		"serving, a collector that is not set":       {cloud(), serving, "192.0.2.77", 4318, false},
		"serving, its database":                      {cloud(), serving, database, 5432, true},
		"serving, a database on the internet":        {cloud(), serving, internet, 5432, false},
		"serving, S3":                                {cloud(), serving, internet, 443, true},
		"serving, a mail server":                     {mailing(cloud()), serving, "192.0.2.25", 587, false},
		"serving, instance metadata":                 {cloud(), serving, "169.254.169.254", 80, false},
		"serving, SSH":                               {cloud(), serving, internet, 22, false},
		"a stage, a database on the internet":        {cloud(), stage, internet, 5432, false},
		"a stage, the database":                      {cloud(), stage, database, 5432, false},
		"the end of a run, the database":             {cloud(), end, database, 5432, false},
		"the stage that registers, the database":     {cloud(), registering, database, 5432, true},
		"the stage that registers, a mail server":    {mailing(cloud()), registering, "192.0.2.25", 587, false},
		"a stage, any mail server":                   {cloud(), stage, other, 465, false},
		"a stage, the mail server":                   {mailing(cloud()), stage, "192.0.2.25", 587, false},
		"the end of a run, the mail server":          {mailing(cloud()), end, "192.0.2.25", 587, true},
		"the end of a run, another":                  {mailing(cloud()), end, other, 587, false},
		"the end of a run, by another port":          {mailing(cloud()), end, "192.0.2.25", 465, false},
		"the end of a run, without a mail server":    {cloud(), end, other, 587, false},
		"elsewhere, the database":                    {elsewhere(), serving, "10.1.2.3", 5433, true},
		"elsewhere, its neighbour":                   {elsewhere(), serving, "10.1.2.4", 5433, false},
		"elsewhere, a database with a name":          {named, serving, "10.0.3.9", 5432, true},
		"elsewhere, that name's port elsewhere":      {named, serving, internet, 5432, false},
		"elsewhere, a job that does all mails":       {mailing(elsewhere()), stage, "192.0.2.25", 587, true},
		"elsewhere, a job that does all, any server": {elsewhere(), stage, other, 587, false},
		"elsewhere, a job that does all, database":   {elsewhere(), stage, "10.1.2.3", 5433, true},
		"drift that retrains, the mail server": {mailing(elsewhere()),
			labels(lineage.KindDrift, "scoring"), "192.0.2.25", 587, true},
		"drift that retrains, another mail server": {mailing(elsewhere()),
			labels(lineage.KindDrift, "scoring"), other, 587, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reaches(t, registered(t, c.cfg, credit()), c.cfg.NamespaceOf(credit()), c.pods,
				c.address, c.port); got != c.want {
				t.Errorf("reached: %t", got)
			}
		})
	}
}

// TestNoPolicyOpensAPortToEverywhereThatItNeedNot: what has no address that
// stays is S3, the API server and what a blueprint names, and nothing else.
func TestNoPolicyOpensAPortToEverywhereThatItNeedNot(t *testing.T) {
	for _, cfg := range []config.Config{cloud(), elsewhere()} {
		for _, p := range registered(t, cfg, []*plan.Plan{credit(),
			churn()}...).All("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
			rules, _ := p.At("spec.egress").([]any)
			for _, rule := range rules {
				text := fmt.Sprint(rule.(map[string]any)["to"])
				for _, one := range rule.(map[string]any)["ports"].([]any) {
					port := one.(map[string]any)["port"]
					if text == "[map[ipBlock:map[cidr:0.0.0.0/0]]]" && port != 443.0 && port != 6443.0 {
						t.Errorf("%s of %s opens port %v to everywhere", p.Text("metadata.name"),
							p.Text("metadata.namespace"), port)
					}
				}
			}
		}
	}
}
