package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

const (
	policyType  = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	scalerType  = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
	rolloutType = "kubernetes:argoproj.io/v1alpha1:Rollout"
	mapType     = "kubernetes:core/v1:ConfigMap"
	secretType  = "kubernetes:core/v1:Secret"
	bucketType  = "aws:s3/bucketV2:BucketV2"
)

func everywhereStood(t *testing.T) map[string]*pulumitest.Recording {
	t.Helper()
	plain := cloud()
	plain.Delivery, plain.Pipelines, plain.Monitoring = config.DeliveryDeployment, config.PipelinesCronJob, false
	return map[string]*pulumitest.Recording{
		"aws": registered(t, cloud(), credit(), churn()), "kubernetes": registered(t, elsewhere(), credit(), churn()),
		"plain aws": registered(t, plain, credit(), churn()),
	}
}

func TestNoPodRunsWithMoreThanItNeeds(t *testing.T) {
	for where, r := range everywhereStood(t) {
		pods := 0
		for _, res := range objects(r) {
			for path, spec := range podSpecs(res) {
				pods++
				at := fmt.Sprintf("%s: %s %s%s", where, res.Type, res.Name, path)
				confined(t, at, spec)
				for _, forbidden := range []string{"hostNetwork", "hostPID", "hostIPC"} {
					if spec[forbidden] != nil {
						t.Errorf("%s has %s", at, forbidden)
					}
				}
			}
		}
		if pods == 0 {
			t.Errorf("%s: no pod was looked at", where)
		}
	}
}

func confined(t *testing.T, at string, spec map[string]any) {
	t.Helper()
	security, _ := spec["securityContext"].(map[string]any)
	seccomp, _ := security["seccompProfile"].(map[string]any)
	if security["runAsNonRoot"] != true || security["runAsUser"] != 65532.0 || seccomp["type"] != "RuntimeDefault" {
		t.Errorf("%s: security context %v", at, security)
	}
	if spec["automountServiceAccountToken"] != false {
		t.Errorf("%s mounts a token of the API server", at)
	}
	for _, c := range spec["containers"].([]any) {
		c := c.(map[string]any)
		s := c["securityContext"].(map[string]any)
		drop := fmt.Sprint(s["capabilities"])
		if s["allowPrivilegeEscalation"] != false || s["readOnlyRootFilesystem"] != true || drop != "map[drop:[ALL]]" ||
			s["privileged"] != false {
			t.Errorf("%s: container %v", at, s)
		}
		if len(c["command"].([]any)) < 2 || fmt.Sprint(c["resources"]) == "<nil>" || c["image"] == "" {
			t.Errorf("%s: command %v, resources %v, image %v", at, c["command"], c["resources"], c["image"])
		}
	}
}

func TestNoSecretIsPlain(t *testing.T) {
	for where, r := range everywhereStood(t) {
		for _, res := range r.Resources {
			if !strings.Contains(text(res), password) {
				continue
			}
			if res.Type != secretType || !slices.Contains(res.Secrets, "stringData") {
				t.Errorf("%s: %s %s holds the database's password, and what it marks secret is %v", where,
					res.Type, res.Name, res.Secrets)
			}
		}
		if secrets := r.All(secretType); (len(secrets) > 0) != (where == "kubernetes") {
			t.Errorf("%s: %d Secrets", where, len(secrets))
		}
	}
}

func TestEverySelectorOfAPolicyFindsThePodsOfItsWorkload(t *testing.T) {
	for where, r := range everywhereStood(t) {
		var pods []map[string]any
		for _, res := range objects(r) {
			walk("", res.Inputs, func(_ string, m map[string]any) {
				for _, under := range []string{"template", "templates"} {
					for _, one := range list(m[under]) {
						if meta, ok := one["metadata"].(map[string]any); ok {
							pods = append(pods, meta["labels"].(map[string]any))
						}
					}
				}
			})
		}
		for _, p := range r.All(policyType) {
			want, _ := p.At("spec.podSelector.matchLabels").(map[string]any)
			if len(want) == 0 && (strings.HasSuffix(p.Name, "-deny-all") || strings.HasSuffix(p.Name, "-dns")) {
				continue
			}
			if !slices.ContainsFunc(pods, func(labels map[string]any) bool { return has(labels, want) }) {
				t.Errorf("%s: no pod is subject to %s, which selects %v", where, p.Name, want)
			}
		}
		for _, m := range r.All("kubernetes:monitoring.coreos.com/v1:ServiceMonitor") {
			want := m.At("spec.selector.matchLabels").(map[string]any)
			found := 0
			for _, s := range r.All("kubernetes:core/v1:Service") {
				if has(s.At("metadata.labels").(map[string]any), want) {
					found++
				}
			}
			if found != 1 {
				t.Errorf("%s: %s scrapes %d Services, want one", where, m.Name, found)
			}
		}
	}
}

// list is v, or what it holds, as maps.
func list(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var out []map[string]any
		for _, one := range v {
			out = append(out, list(one)...)
		}
		return out
	}
	return nil
}

func has(labels, want map[string]any) bool {
	for k, v := range want {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// edited is what an edit of credit changes among the resources of both blueprints.
func edited(t *testing.T, cfg config.Config, edit func(*plan.Plan)) []string {
	t.Helper()
	after := credit()
	edit(after)
	return pulumitest.Changed(registered(t, cfg, credit(), churn()), registered(t, cfg, after, churn()))
}

func TestAnEditChangesWhatItIsAbout(t *testing.T) {
	replicas := func(p *plan.Plan) {
		e := p.Endpoints["scoring"]
		e.Replicas = plan.Replicas{Min: 4, Max: 12}
		p.Endpoints["scoring"] = e
	}
	schedule := func(p *plan.Plan) {
		line := p.Pipelines["nightly"]
		line.Schedule = "0 4 * * *"
		p.Pipelines["nightly"] = line
	}
	for name, c := range map[string]struct {
		cfg  config.Config
		edit func(*plan.Plan)
		want []string
	}{
		"replicas on AWS":  {cloud(), replicas, []string{scalerType + " credit-risk-endpoint-scoring"}},
		"replicas of pods": {elsewhere(), replicas, []string{scalerType + " credit-risk-endpoint-scoring"}},
		"a schedule": {cloud(), schedule,
			[]string{"kubernetes:argoproj.io/v1alpha1:CronWorkflow credit-risk-pipeline-nightly-schedule"}},
		"a cron schedule": {elsewhere(), schedule,
			[]string{"kubernetes:batch/v1:CronJob credit-risk-pipeline-nightly"}},
		"a canary's steps": {cloud(), func(p *plan.Plan) {
			e := p.Endpoints["scoring"]
			e.Strategy.Canary = &plan.Canary{Steps: []plan.Step{{Pause: "10m"}}}
			p.Endpoints["scoring"] = e
		}, []string{rolloutType + " credit-risk-endpoint-scoring"}},
	} {
		if got := edited(t, c.cfg, c.edit); !slices.Equal(got, c.want) {
			t.Errorf("%s changes %v, want %v", name, got, c.want)
		}
	}
}

func TestAPlanThatPodsReadOtherwiseRestartsItsPodsAndNobodyElses(t *testing.T) {
	changed := edited(t, cloud(), func(p *plan.Plan) {
		p.Models["default-risk"].Require.Metrics["roc_auc"][0].Value = 0.81
	})
	want := []string{
		"kubernetes:apps/v1:Deployment credit-risk-release-models",
		rolloutType + " credit-risk-endpoint-scoring",
		"kubernetes:argoproj.io/v1alpha1:WorkflowTemplate credit-risk-pipeline-nightly-template",
		"kubernetes:batch/v1:CronJob credit-risk-monitor-scoring-drift",
		"kubernetes:batch/v1:CronJob credit-risk-retention",
		mapType + " credit-risk",
	}
	if !slices.Equal(changed, want) {
		t.Errorf("changed %v\nwant %v", changed, want)
	}
}

func TestARenamedDatasetNeverDeletesItsBucket(t *testing.T) {
	after := credit()
	after.Datasets["loans"] = after.Datasets["applications"]
	delete(after.Datasets, "applications")
	m := after.Models["default-risk"]
	m.Dataset = "loans"
	after.Models["default-risk"] = m
	was := registered(t, cloud(), credit())
	old := was.Named(t, bucketType, "credit-risk-data-applications")
	if !old.RetainOnDelete || !old.Protect {
		t.Errorf("retained %t, protected %t", old.RetainOnDelete, old.Protect)
	}
	for _, res := range was.Resources {
		if strings.HasPrefix(res.Type, "aws:s3/") && !res.Component && !res.RetainOnDelete {
			t.Errorf("%s %s would go with the stack", res.Type, res.Name)
		}
	}
	if registered(t, cloud(), after).Named(t, bucketType, "credit-risk-data-loans").Text("bucket") == old.Text("bucket") {
		t.Error("two datasets share a bucket")
	}
}

func TestNamesDoNotDependOnTheOrderOfBlueprints(t *testing.T) {
	if changed := pulumitest.Changed(registered(t, cloud(), credit(), churn()),
		registered(t, cloud(), churn(), credit())); len(changed) != 0 {
		t.Errorf("changed %v", changed)
	}
}

func TestAnyOtherClusterNeedsNothingOfAWS(t *testing.T) {
	for _, res := range registered(t, elsewhere(), credit(), churn()).Resources {
		if strings.HasPrefix(res.Type, "aws:") {
			t.Errorf("%s %s", res.Type, res.Name)
		}
	}
}

func TestEverythingSaysWhoseItIs(t *testing.T) {
	want := map[string]string{
		"app.kubernetes.io/instance": "", "app.kubernetes.io/managed-by": "ashlar", "ashlar.dev/environment": "prod",
		"ashlar.dev/cost-centre": "ml-42",
	}
	r := registered(t, cloud(), credit(), churn())
	digests := map[string]bool{}
	for _, res := range objects(r) {
		labels, _ := res.At("metadata.labels").(map[string]any)
		for key, value := range want {
			if got, ok := labels[key].(string); !ok || value != "" && got != value {
				t.Errorf("%s %s: label %s is %v", res.Type, res.Name, key, labels[key])
			}
		}
		if system := strings.HasPrefix(res.Name, "ashlar-"); !system &&
			labels["ashlar.dev/owner"] != "Lending---Risk" && labels["ashlar.dev/owner"] != "retention" {
			t.Errorf("%s %s: owner %v", res.Type, res.Name, labels["ashlar.dev/owner"])
		}
		walk("", res.Inputs, func(_ string, m map[string]any) {
			if d, ok := m["ashlar.dev/plan"].(string); ok {
				digests[d] = true
			}
		})
	}
	if len(digests) != 2 {
		t.Errorf("plan digests %v, want one a blueprint", slices.Collect(maps.Keys(digests)))
	}
	for _, res := range r.Resources {
		tags, ok := res.At("tags").(map[string]any)
		taggable := slices.Contains([]string{bucketType, "aws:iam/role:Role",
			"aws:eks/podIdentityAssociation:PodIdentityAssociation"}, res.Type)
		if taggable && (!ok || tags["ashlar:environment"] != "prod") {
			t.Errorf("%s %s: tags %v", res.Type, res.Name, tags)
		}
	}
}

func TestNoNameIsLongerThanItsPlaceTakes(t *testing.T) {
	long := credit()
	long.Name = strings.Repeat("b", config.MaxConceptLength)
	long.Datasets[strings.Repeat("d", 63)] = plan.Dataset{Source: "x.csv"}
	r := registered(t, cloud(), long)
	for _, res := range r.Resources {
		if name := res.Text("metadata.name"); len(name) > 63 {
			t.Errorf("%s %s", res.Type, name)
		}
		if res.Type == bucketType && len(res.Text("bucket")) > 63 || res.Type == "aws:iam/role:Role" &&
			len(res.Text("name")) > 64 {
			t.Errorf("%s %s%s", res.Type, res.Text("bucket"), res.Text("name"))
		}
	}
}

func TestWorkloadsWaitForWhatTheyReadWhenTheyStart(t *testing.T) {
	r := registered(t, cloud(), credit())
	for _, res := range []pulumitest.Resource{
		r.Named(t, rolloutType, "credit-risk-endpoint-scoring"),
		r.Named(t, "kubernetes:batch/v1:CronJob", "credit-risk-monitor-scoring-drift"),
		registered(t, elsewhere(), credit()).Named(t, "kubernetes:apps/v1:Deployment", "credit-risk-endpoint-scoring"),
	} {
		own := "PodIdentityAssociation::credit-risk-endpoint-scoring"
		if strings.HasSuffix(res.Type, ":Deployment") {
			own = "kubernetes:batch/v1:Job::ashlar-migrate" // the database is its own too
		}
		for _, first := range []string{"kubernetes:core/v1:Namespace::credit-risk",
			"kubernetes:core/v1:ConfigMap::credit-risk", own} {
			if !slices.ContainsFunc(res.DependsOn, func(urn string) bool { return strings.HasSuffix(urn, first) }) {
				t.Errorf("%s %s may start before %s:\n%s", res.Type, res.Name, first, strings.Join(res.DependsOn, "\n"))
			}
		}
	}
}

// What CI may touch is limited to such roles and such buckets: see foundation_ci.go.
func TestRolesAndBucketsAreOfTheKindThatCIMayTouch(t *testing.T) {
	r := registered(t, cloud(), credit(), churn())
	roles := r.All("aws:iam/role:Role")
	if len(roles) != 9 {
		t.Errorf("%d roles, want one for each of nine workloads; the migration's is the foundation's", len(roles))
	}
	for _, role := range roles {
		if !strings.HasPrefix(role.Text("name"), "ashlar-prod-ashlar-eu-central-1-") ||
			role.Text("permissionsBoundary") != "known-"+foundation.OutBoundary {
			t.Errorf("%s with boundary %q", role.Text("name"), role.Text("permissionsBoundary"))
		}
	}
	for _, b := range r.All(bucketType) {
		if name := b.Text("bucket"); !strings.HasPrefix(name, "ashlar-prod-") ||
			!strings.HasSuffix(name, "-"+pulumitest.Account) {
			t.Errorf("bucket %s", name)
		}
	}
}

func TestAHundredBlueprintsAreBuiltInSeconds(t *testing.T) {
	var plans []*plan.Plan
	for i := range 100 {
		p := credit()
		p.Name = fmt.Sprintf("credit-%03d", i)
		plans = append(plans, p)
	}
	began := time.Now()
	r := registered(t, cloud(), plans...)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("%d resources took %s", len(r.Resources), took)
	} else {
		t.Logf("%d resources in %s", len(r.Resources), took)
	}
}

// TestPulumiTakesBackWhatSomebodyChanged: an object without the annotation ends a preview
// that looks at the cluster in a conflict.
func TestPulumiTakesBackWhatSomebodyChanged(t *testing.T) {
	for _, r := range []*pulumitest.Recording{registered(t, cloud(), credit(), churn()),
		registered(t, elsewhere(), credit()), recordFoundation(t, foundationConfig("prod"))} {
		for _, o := range objects(r) {
			if strings.Contains(o.Type, "helm.sh") {
				continue // Helm's own
			}
			metadata, _ := o.Inputs["metadata"].(map[string]any)
			annotations, _ := metadata["annotations"].(map[string]any)
			if annotations[object.Force] != "true" {
				t.Errorf("%s %s: annotations %v", o.Type, o.Name, annotations)
			}
		}
	}
}

func TestProductionIsProtectedOnEveryCluster(t *testing.T) {
	for _, environment := range []string{"dev", "prod"} {
		cfg, p := elsewhere(), credit()
		cfg.Environment, p.Environment = environment, environment
		for _, ns := range registered(t, cfg, p).All("kubernetes:core/v1:Namespace") {
			if ns.Protect != (environment == "prod") {
				t.Errorf("%s: namespace %s is protected: %v", environment, ns.Name, ns.Protect)
			}
		}
	}
}
