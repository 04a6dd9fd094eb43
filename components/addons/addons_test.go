package addons

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const (
	releaseT   = "kubernetes:helm.sh/v3:Release"
	namespaceT = "kubernetes:core/v1:Namespace"
)

func args() *Args {
	return &Args{
		Prefix: "ashlar-prod", ClusterName: pulumi.String("ashlar-prod"),
		ClusterArn: pulumi.String("arn:aws:eks:eu-west-1:1:cluster/ashlar-prod"),
		VPCID:      pulumi.String("vpc-1"), Region: "eu-west-1", Account: pulumi.String("1"),
		KMSKeyArn: pulumi.String("arn:aws:kms:eu-west-1:1:key/cluster"),
		Spread:    true, GPU: true, Tags: map[string]string{"ashlar:owner": "platform"},
	}
}

// pooled are arguments of a cluster whose nodes Karpenter makes.
func pooled() *Args {
	a := args()
	a.Karpenter = &Karpenter{Cluster: "ashlar-prod", Queue: "ashlar-prod-interruptions",
		Statements: []policy.Statement{{Sid: "Cluster", Actions: []string{"eks:DescribeCluster"},
			Resources: []pulumi.StringInput{a.ClusterArn}}}}
	return a
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "addons", a)
		return err
	})
}

func TestEveryChartIsPinnedAndHasItsNamespace(t *testing.T) {
	installed := map[string]bool{}
	for _, a := range []*Args{args(), pooled()} {
		r := record(t, a)
		pinned(t, r)
		for _, rel := range r.All(releaseT) {
			installed[rel.Name] = true
		}
	}
	if len(installed) != len(releases) {
		t.Errorf("%v are installed, of %v", installed, Charts())
	}
}

func pinned(t *testing.T, r *pulumitest.Recording) {
	t.Helper()
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	seen := map[string]bool{}
	for _, rel := range r.All(releaseT) {
		if !exact.MatchString(rel.Text("version")) || rel.At("atomic") != true ||
			!strings.HasPrefix(rel.Text("repositoryOpts.repo")+rel.Text("chart"), "https://") &&
				rel.Text("chart") != "oci://public.ecr.aws/karpenter/karpenter" {
			t.Errorf("release %v", rel.Inputs)
		}
		if seen[rel.Text("namespace")] {
			t.Errorf("%s shares its namespace", rel.Name)
		}
		seen[rel.Text("namespace")] = true
		ns := r.Named(t, namespaceT, rel.Text("namespace"))
		if level, _ := ns.At("metadata").(map[string]any)["labels"].(map[string]any)["pod-security.kubernetes.io/enforce"].(string); level == "" {
			t.Errorf("namespace %s holds its pods to nothing", ns.Name)
		}
	}
}

func TestMonitorsComeAfterMonitoring(t *testing.T) {
	for _, rel := range record(t, args()).All(releaseT) {
		waits := slices.ContainsFunc(rel.DependsOn,
			func(urn string) bool { return strings.HasSuffix(urn, "Release::"+stack) })
		if waits != (rel.Name != stack) {
			t.Errorf("%s waits for monitoring: %v", rel.Name, waits)
		}
	}
}

func TestControllersThatCallAWSHaveAnIdentity(t *testing.T) {
	r := record(t, args())
	associations := map[string]string{}
	for _, a := range r.All("aws:eks/podIdentityAssociation:PodIdentityAssociation") {
		associations[a.Text("serviceAccount")] = a.Text("namespace")
	}
	for _, chart := range []string{"aws-load-balancer-controller", "cluster-autoscaler"} {
		rel := r.Named(t, releaseT, chart)
		if associations[chart] != rel.Text("namespace") {
			t.Errorf("%s runs in %s, its identity is in %q", chart, rel.Text("namespace"), associations[chart])
		}
		if !slices.ContainsFunc(rel.DependsOn,
			func(urn string) bool { return strings.Contains(urn, "podIdentityAssociation") }) {
			t.Errorf("%s may start without credentials", chart)
		}
	}
	account := r.Named(t, releaseT, "aws-load-balancer-controller").At("values.serviceAccount.name")
	if account != "aws-load-balancer-controller" ||
		r.Named(t, releaseT, "cluster-autoscaler").At("values.rbac.serviceAccount.name") != "cluster-autoscaler" {
		t.Errorf("the charts name other service accounts: %v", account)
	}
}

func TestMonitorsAreFoundByTheClustersOwnPrometheus(t *testing.T) {
	for _, a := range []*Args{args(), pooled()} {
		a.Without, a.Prometheus = []string{Monitoring}, map[string]string{"release": "prom"}
		r := record(t, a)
		paths := map[string]string{
			"argo-workflows":               "values.controller.serviceMonitor.additionalLabels.release",
			"argo-rollouts":                "values.controller.metrics.serviceMonitor.additionalLabels.release",
			"aws-load-balancer-controller": "values.serviceMonitor.additionalLabels.release",
			"cluster-autoscaler":           "values.serviceMonitor.selector.release",
			"karpenter":                    "values.serviceMonitor.additionalLabels.release",
		}
		for _, one := range r.All(releaseT) {
			if path := paths[one.Name]; path != "" && one.At(path) != "prom" {
				t.Errorf("%s: %s is %v", one.Name, path, one.At(path))
			}
			delete(paths, one.Name)
		}
		if len(paths) != 1 { // one of the two that make nodes
			t.Errorf("not installed: %v", paths)
		}
		for _, one := range r.All(releaseT) {
			if ns := one.Text("values.serviceMonitor.namespace"); ns != "" && ns != one.Text("namespace") {
				t.Errorf("%s has its monitor in %s, which nobody makes", one.Name, ns)
			}
		}
	}
}

func TestKarpenterIsToldOfItsClusterAndItsQueue(t *testing.T) {
	r := record(t, pooled())
	k := r.Named(t, releaseT, "karpenter")
	if k.Text("values.settings.clusterName") != "ashlar-prod" ||
		k.Text("values.settings.interruptionQueue") != "ashlar-prod-interruptions" ||
		k.Text("values.serviceAccount.name") != "karpenter" || k.Text("values.controller.env.0.value") != "eu-west-1" {
		t.Errorf("values %v", k.At("values"))
	}
	for _, rel := range r.All(releaseT) {
		if rel.Name == "cluster-autoscaler" {
			t.Error("two controllers would answer one pod")
		}
	}
}

func TestWhatControllersMayDoIsNarrow(t *testing.T) {
	for _, rel := range releases {
		if rel.statements == nil {
			continue
		}
		statements := rel.statements(pooled())
		if err := policy.Check(statements); err != nil {
			t.Errorf("%s: %v", rel.chart, err)
		}
		for _, s := range statements {
			changes := slices.ContainsFunc(s.Actions, func(a string) bool {
				return strings.Contains(a, ":Delete") || strings.Contains(a, ":Terminate") ||
					strings.Contains(a, ":ModifyLoadBalancer")
			})
			if changes && len(s.Conditions) == 0 && s.Sid != "Listen" {
				t.Errorf("%s: statement %s reaches beyond this cluster", rel.chart, s.Sid)
			}
		}
	}
}

func TestChartsDefaultsThatAreKnownToEverybodyAreClosed(t *testing.T) {
	r := record(t, args())
	grafana := r.Named(t, releaseT, stack).At("values.grafana").(map[string]any)
	if password, set := grafana["adminPassword"]; !set || password != "" {
		t.Errorf("Grafana's password is %v", password)
	}
	workflows := r.Named(t, releaseT, "argo-workflows")
	if modes := workflows.At("values.server.authModes").([]any); len(modes) != 1 || modes[0] != "client" {
		t.Errorf("the workflows server lets in by %v", modes)
	}
	if r.Named(t, releaseT, "argo-rollouts").At("values.dashboard.enabled") != false {
		t.Error("the rollouts dashboard has no login")
	}
	if r.Named(t, releaseT, "argo-rollouts").At("values.controller.extraArgs.1") != "--traefik-api-version=traefik.io/v1alpha1" {
		t.Error("Argo Rollouts looks for the weights of Traefik 2, which endpoints do not have")
	}
	balancer := r.Named(t, releaseT, "aws-load-balancer-controller")
	if balancer.At("values.enableServiceMutatorWebhook") != false ||
		balancer.At("values.clusterName") != "ashlar-prod" || balancer.At("values.vpcId") != "vpc-1" {
		t.Errorf("values %v", balancer.At("values"))
	}
}

func TestClaimsAreEncryptedUnderOurKey(t *testing.T) {
	r := record(t, args())
	class := r.One(t, "kubernetes:storage.k8s.io/v1:StorageClass")
	if class.Text("parameters.encrypted") != "true" ||
		class.Text("parameters.kmsKeyId") != "arn:aws:kms:eu-west-1:1:key/cluster" {
		t.Errorf("storage class %v", class.Inputs)
	}
	const path = "values.prometheus.prometheusSpec.storageSpec.volumeClaimTemplate.spec.storageClassName"
	if got := r.Named(t, releaseT, stack).At(path); got != StorageClass {
		t.Errorf("Prometheus claims %v", got)
	}
}

func TestSpreadAndGPUAreAskedFor(t *testing.T) {
	a := args()
	a.Spread, a.GPU, a.Without = false, false, []string{"argo-rollouts"}
	r := record(t, a)
	for _, rel := range r.All(releaseT) {
		if rel.Name == "nvidia-device-plugin" || rel.Name == "argo-rollouts" {
			t.Errorf("%s is installed", rel.Name)
		}
	}
	if got := r.Named(t, releaseT, "argo-workflows").At("values.controller.replicas"); got != 1.0 {
		t.Errorf("%v replicas", got)
	}
	if got := record(t, args()).Named(t, releaseT, "argo-workflows").At("values.controller.replicas"); got != 2.0 {
		t.Errorf("%v replicas where they spread", got)
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	err := (&Args{Without: []string{"argo-cd"}}).Validate()
	for _, want := range []string{"prefix", "region", "no cluster", "no cluster's ARN", "no VPC", "no account",
		"no key", `without "argo-cd"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
