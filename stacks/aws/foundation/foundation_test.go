package foundation

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// whole is an environment with everything that a config can ask for.
func whole(environment string) config.Config {
	c := config.Defaults(config.LayerFoundation, config.ProviderAWS, environment)
	c.Region, c.CostCentre = "eu-west-1", "ml-42"
	c.Cluster.PublicEndpoint, c.Cluster.PublicCIDRs = true, []string{"203.0.113.0/24"}
	c.Cluster.Training, c.Cluster.GPU = &config.PoolConfig{}, true
	c.Budget = config.BudgetConfig{Monthly: 900, Emails: []string{"ada@example.com"}}
	c.Cluster.Admins = []string{"arn:aws:iam::123456789012:role/platform"}
	c.GitHub = &config.GitHubConfig{Repository: "acme/ml",
		Namespaces: []string{"credit-risk", "customer-churn"}, State: "acme-state/ml"}
	return c.Filled()
}

func recordWhole(t *testing.T, c config.Config) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error { return Register(ctx, c, nil) })
}

func TestTheFoundationIsTheSameEveryTime(t *testing.T) {
	first, second := recordWhole(t, whole("prod")), recordWhole(t, whole("prod"))
	for i := range first.Resources {
		slices.Sort(first.Resources[i].DependsOn)
		slices.Sort(second.Resources[i].DependsOn)
	}
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("two recordings differ:\n%s", d)
	}
}

func TestProductionIsSpreadAndDevelopmentIsCheap(t *testing.T) {
	prod, dev := recordWhole(t, whole("prod")), recordWhole(t, whole("dev"))
	for typ, want := range map[string][2]int{
		"aws:ec2/natGateway:NatGateway": {3, 1},
		"aws:ec2/subnet:Subnet":         {6, 4},
	} {
		if got := [2]int{len(prod.All(typ)), len(dev.All(typ))}; got != want {
			t.Errorf("%s: %v in prod and dev, want %v", typ, got, want)
		}
	}
	const db = "aws:rds/instance:Instance"
	if prod.One(t, db).At("multiAz") != true || dev.One(t, db).At("multiAz") != false {
		t.Error("the database has a standby in prod and in prod only")
	}
}

func TestTheMinimalFoundationHasNoRoleForCIAndOnePool(t *testing.T) {
	c := config.Defaults(config.LayerFoundation, config.ProviderAWS, "dev")
	c.Region = "eu-central-1"
	r := recordWhole(t, c.Filled())
	if n := len(r.All("ashlar:githuboidc:GitHubOIDC")); n != 0 {
		t.Errorf("%d roles for CI that nobody asked for", n)
	}
	if n := len(r.All("aws:eks/nodeGroup:NodeGroup")); n != 1 {
		t.Errorf("%d pools", n)
	}
	if c := r.One(t, "aws:eks/cluster:Cluster"); c.At("vpcConfig.endpointPublicAccess") != false {
		t.Error("the API server is public by default")
	}
}

const (
	issuerType  = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	issuerToken = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
	issuerArn   = "arn:aws:iam::" + pulumitest.Account + ":oidc-provider/token.actions.githubusercontent.com"
)

// TestTwoFoundationsOfOneAccountShareTheIssuer: the second one is told that it
// exists, and what it has to be told where it was not.
func TestTwoFoundationsOfOneAccountShareTheIssuer(t *testing.T) {
	run := func(environment string, existing bool, tags map[string]any) (*pulumitest.Recording, error) {
		c := whole(environment)
		c.GitHub.ExistingIssuer = existing
		answers := map[string]map[string]any{}
		if tags != nil {
			answers[issuerToken] = map[string]any{"arn": issuerArn, "tags": tags,
				"clientIdLists": []any{"sts.amazonaws.com"}}
		}
		return pulumitest.Answered(func(ctx *pulumi.Context) error { return Register(ctx, c, nil) }, answers)
	}
	first, err := run("dev", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	made := first.One(t, issuerType)
	if made.ImportID != "" || !made.RetainOnDelete {
		t.Errorf("imported %q, retained %v", made.ImportID, made.RetainOnDelete)
	}
	tags := made.Inputs["tags"].(map[string]any)
	second, err := run("prod", true, tags)
	if err != nil || len(second.All(issuerType)) != 0 {
		t.Fatalf("prod makes a second one: %v", err)
	}
	for _, d := range ciDuties {
		role := second.Named(t, "aws:iam/role:Role", "ci-"+string(d.duty))
		if !strings.Contains(role.Text("assumeRolePolicy"), issuerArn) {
			t.Errorf("%s trusts %s", role.Name, role.Text("assumeRolePolicy"))
		}
	}
	if _, err := run("prod", false, tags); err == nil ||
		!strings.Contains(err.Error(), "belongs to the environment dev of the installation ashlar") ||
		!strings.Contains(err.Error(), "pulumi config set --path github.existingIssuer true") {
		t.Errorf("prod was not told: %v", err)
	}
	if _, err := run("prod", true, nil); err == nil || !strings.Contains(err.Error(), "github.existingIssuer") {
		t.Errorf("none there, and the config says so: %v", err)
	}
	again, err := run("dev", false, tags)
	if err != nil || again.One(t, issuerType).ImportID != issuerArn {
		t.Errorf("what a destroyed dev left is not adopted: %v", err)
	}
	tags["ashlar:cost-centre"] = "other" // in the state, and about to change
	if again, err = run("dev", false, tags); err != nil || again.One(t, issuerType).ImportID != "" {
		t.Errorf("%v", err)
	}
	if _, err := run("dev", false, map[string]any{"ashlar:installation": "ashlar",
		"ashlar:layer": "bootstrap"}); err == nil ||
		!strings.Contains(err.Error(), "belongs to the installation ashlar,") {
		t.Errorf("made by bootstrap: %v", err)
	}
}

// waits reports whether the resource depends on one of the type, by name.
func waits(r pulumitest.Resource, typ, name string) bool {
	return slices.ContainsFunc(r.DependsOn, func(urn string) bool { return strings.HasSuffix(urn, typ+"::"+name) })
}

func TestNothingStartsBeforeWhatItNeeds(t *testing.T) {
	r := recordWhole(t, whole("prod"))
	if flow := r.One(t, "aws:ec2/flowLog:FlowLog"); !waits(flow, "bucketPolicy:BucketPolicy", "flow-logs") {
		t.Errorf("AWS would write its own policy over the flow logs' bucket: %v", flow.DependsOn)
	}
	for _, group := range r.All("aws:eks/nodeGroup:NodeGroup") {
		if !waits(group, "route:Route", "network-private-eu-west-1a") ||
			!waits(group, "vpcEndpoint:VpcEndpoint", "network-ecr-api") {
			t.Errorf("%s has no way out to join the cluster by: %v", group.Name, group.DependsOn)
		}
	}
	for _, typ := range []string{"kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:Namespace"} {
		for _, object := range r.All(typ) {
			if !waits(object, "nodeGroup:NodeGroup", "cluster-general") ||
				!waits(object, "addon:Addon", "cluster-coredns") {
				t.Errorf("%s %s has no nodes to run on, or loses them before it is gone: %v", typ,
					object.Name, object.DependsOn)
			}
		}
	}
}

// resolved runs the foundation and returns its outputs as texts, and the names
// of those that are secret.
func resolved(t *testing.T, c config.Config) (map[string]any, []string) {
	t.Helper()
	return resolvedFrom(t, c, nil)
}

// resolvedFrom is resolved with answers to what is looked up.
func resolvedFrom(t *testing.T, c config.Config, answers map[string]map[string]any) (map[string]any, []string) {
	t.Helper()
	var mu sync.Mutex
	values, secrets := map[string]any{}, []string{}
	told, want := make(chan struct{}, 100), 0
	if _, err := pulumitest.Answered(func(ctx *pulumi.Context) error {
		u := &builder{cfg: c, project: "ashlar", stack: "test", out: pulumi.Map{}}
		if err := u.make(ctx); err != nil {
			return err
		}
		want = len(u.out)
		for name, out := range u.out {
			o := pulumi.ToOutput(out)
			pulumi.All(o, pulumi.IsSecret(o)).ApplyT(func(v []any) any {
				mu.Lock()
				defer mu.Unlock()
				values[name] = v[0]
				told <- struct{}{}
				if v[1].(bool) {
					secrets = append(secrets, name)
				}
				return nil
			})
		}
		return nil
	}, answers); err != nil {
		t.Fatal(err)
	}
	// The program does not wait for outputs that no resource takes part in.
	for range want {
		select {
		case <-told:
		case <-time.After(10 * time.Second):
			t.Fatal("after ten seconds an output is not there")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return values, secrets
}

func TestTheFoundationExportsWhatWorkloadsRead(t *testing.T) {
	values, _ := resolved(t, whole("prod"))
	for _, name := range Outputs() {
		if _, ok := values[name].(string); !ok {
			t.Errorf("no output %s, or no text: %v", name, values[name])
		}
	}
	for _, name := range []string{OutKubeconfig, outKubeconfigCommand, "ciDeployRoleArn", "ciPreviewRoleArn",
		"ciImageRoleArn", outVPC, outGrafanaCommand} {
		if text, _ := values[name].(string); text == "" {
			t.Errorf("no output %s", name)
		}
	}
	if got := values[outKubeconfigCommand]; got != "aws eks update-kubeconfig --region eu-west-1 --name ashlar-prod" {
		t.Errorf("command %v", got)
	}
	if versions, _ := values[outAddons].(map[string]string); versions["argo-workflows"] == "" {
		t.Errorf("add-ons %v", values[outAddons])
	}
}

// Each part is judged by its component too, whatever Validate lets through.
func TestThePartsReportEveryProblemAtOnce(t *testing.T) {
	c := whole("prod")
	c.Region = "cn-north-1"
	c.Network.CIDR = "10.0.0.0/24"
	c.Cluster.NodeTypes = []string{"m6i.large", "m7g.large"}
	c.Database.InstanceClass = "huge"
	c.GitHub.Namespaces = []string{"kube-system"}
	err := foundationProblems(c, "ashlar", "foundation-prod")
	for _, want := range []string{"China", "network: range 10.0.0.0/24", "two architectures", `instance class "huge"`,
		"deployer: namespace kube-system"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
	for _, environment := range []string{"dev", "staging", "prod"} {
		if err := foundationProblems(whole(environment), "ashlar", "foundation-dev"); err != nil {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

func TestZonesAreTheRegionsOwn(t *testing.T) {
	c := whole("prod")
	for region, want := range map[string]string{"eu-west-1": "abc", "ap-northeast-1": "acd", "ca-central-1": "abd"} {
		c.Region = region
		var letters string
		for _, z := range zones(c) {
			letters += strings.TrimPrefix(z, region)
		}
		if letters != want {
			t.Errorf("%s: %s, want %s", region, letters, want)
		}
	}
	c.Network.Zones = []string{"us-west-1a", "us-west-1c"}
	if got := zones(c); !slices.Equal(got, c.Network.Zones) {
		t.Errorf("named zones became %v", got)
	}
}
