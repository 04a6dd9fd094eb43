package endpoint

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const (
	deploymentType = "kubernetes:apps/v1:Deployment"
	rolloutType    = "kubernetes:argoproj.io/v1alpha1:Rollout"
	serviceType    = "kubernetes:core/v1:Service"
	scalerType     = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
	budgetType     = "kubernetes:policy/v1:PodDisruptionBudget"
)

func good(delivery string) *Args {
	selector := map[string]string{"name": "scoring", "component": "endpoint"}
	return &Args{
		Namespace: "credit-risk", Name: "scoring", Delivery: delivery, Min: 2, Max: 10,
		Selector: selector, Labels: selector,
		Pod: pod.Args{
			Image: pulumi.String("registry/runtime:1"), Command: []string{pod.Binary, "serve", "--endpoint", "scoring"},
			ServiceAccount: "endpoint-scoring",
			CPU:            "250m", Memory: "512Mi", Scratch: "256Mi", Plan: "plan-1", Port: 8080, Operators: 8081, Grace: 60,
			Labels: map[string]string{"name": "scoring", "component": "endpoint", "plan": "1"},
		},
	}
}

func weight(n int) *int { return &n }

func canaryOf(a *Args) *Args {
	a.Strategy.Canary = []Step{{Weight: weight(10)}, {Seconds: 300}, {Weight: weight(0)}, {Forever: true}}
	return a
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-scoring", a)
		return err
	})
}

func holds(t *testing.T, r pulumitest.Resource, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := r.At(path); got != w {
			t.Errorf("%s %s: %s is %v, want %v", r.Type, r.Name, path, got, w)
		}
	}
}

func TestARolloutAsksTheNewVersionsPodsForVerdicts(t *testing.T) {
	const templateType = "kubernetes:argoproj.io/v1alpha1:AnalysisTemplate"
	a := good(Rollout)
	a.Strategy.Canary = []Step{{Weight: weight(10)}, {Seconds: 300}, {Analysis: &Analysis{map[string]any{"step": 1}}}}
	a.Strategy.Watch = &Analysis{map[string]any{"analysis": map[string]any{"min_requests": 100}}}
	r := record(t, a)
	holds(t, r.One(t, rolloutType), map[string]any{
		"spec.strategy.canary.analysis.templates.0.templateName":              "scoring-watch",
		"spec.strategy.canary.analysis.args.1.valueFrom.podTemplateHashValue": "Latest",
		"spec.strategy.canary.steps.1.pause.duration":                         "300s",
		"spec.strategy.canary.steps.2.analysis.templates.0.templateName":      "scoring-pass",
		"spec.strategy.canary.steps.3.analysis.templates.0.templateName":      "scoring-step-2",
	})
	for name, once := range map[string]any{"watch": nil, "pass": 1.0, "step-2": 1.0} {
		// Argo Rollouts waits for no analysis without a count, and watches with none.
		template := r.Named(t, templateType, "credit-risk-scoring-"+name)
		if _, counts := template.At("spec.metrics.0.count").(float64); counts != (once != nil) {
			t.Errorf("%s: has a count: %t", name, counts)
		}
		holds(t, r.Named(t, templateType, "credit-risk-scoring-"+name), map[string]any{
			"metadata.name": "scoring-" + name, "spec.metrics.0.consecutiveSuccessLimit": once,
			"spec.metrics.0.successCondition":               `result == "pass"`,
			"spec.metrics.0.provider.web.url":               "http://scoring-canary.credit-risk.svc:8081/release/judge",
			"spec.metrics.0.provider.web.jsonBody.champion": "{{args.champion}}",
		})
	}
	holds(t, r.Named(t, serviceType, "credit-risk-scoring-pods"), map[string]any{"spec.clusterIP": "None",
		"spec.selector.name": "scoring", "spec.ports.0.port": 8081.0, "spec.ports.0.targetPort": "operators"})

	a = good(Rollout)
	a.Strategy.BlueGreen = &BlueGreen{Before: a.Strategy.Watch, ScaleDownDelay: 600, After: &Analysis{}}
	a.Strategy.BlueGreen.Before = &Analysis{}
	r = record(t, a)
	holds(t, r.One(t, rolloutType), map[string]any{
		"spec.strategy.blueGreen.prePromotionAnalysis.templates.0.templateName":  "scoring-before",
		"spec.strategy.blueGreen.postPromotionAnalysis.templates.0.templateName": "scoring-after",
		"spec.strategy.blueGreen.scaleDownDelaySeconds":                          600.0,
	})
	holds(t, r.Named(t, templateType, "credit-risk-scoring-before"), map[string]any{
		"spec.metrics.0.provider.web.url": "http://scoring-preview.credit-risk.svc:8081/release/judge"})
	for _, delivery := range []string{Deployment, Rollout} {
		plain := record(t, good(delivery))
		if n := len(plain.All(templateType)); n > 0 {
			t.Errorf("%s without an analysis has %d templates", delivery, n)
		}
	}
}

func TestPodsAreAskedWhetherTheyStartedLiveAndAreReady(t *testing.T) {
	d := record(t, good(Deployment)).One(t, deploymentType)
	const c = "spec.template.spec.containers.0."
	holds(t, d, map[string]any{
		c + "startupProbe.httpGet.path": "/health", c + "livenessProbe.httpGet.path": "/health", c +
			"readinessProbe.httpGet.path": "/ready",
		c + "readinessProbe.httpGet.port": "http", c + "ports.0.containerPort": 8080.0, c + "ports.0.name": "http",
		c + "ports.1.containerPort": 8081.0, c + "ports.1.name": "operators",
		c + "securityContext.readOnlyRootFilesystem":             true,
		"spec.template.spec.automountServiceAccountToken":        false,
		"spec.template.spec.terminationGracePeriodSeconds":       60.0,
		"spec.template.spec.topologySpreadConstraints.0.maxSkew": 1.0,
		"spec.strategy.rollingUpdate.maxUnavailable":             0.0,
		"spec.replicas": nil, // the autoscaler's
	})
	var keys []string
	for _, c := range d.At("spec.template.spec.topologySpreadConstraints").([]any) {
		keys = append(keys, c.(map[string]any)["topologyKey"].(string))
	}
	if !slices.Equal(keys, []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"}) {
		t.Errorf("spread over %v", keys)
	}
}

func TestEverySelectorMatchesThePodsAndNothingThatChanges(t *testing.T) {
	for _, a := range []*Args{good(Deployment), canaryOf(good(Rollout))} {
		r := record(t, a)
		for _, res := range r.Resources {
			selector := res.At("spec.selector")
			if m, ok := selector.(map[string]any); ok && m["matchLabels"] != nil {
				selector = m["matchLabels"]
			}
			m, ok := selector.(map[string]any)
			if !ok {
				continue
			}
			if len(m) == 0 {
				t.Errorf("%s %s selects every pod", res.Type, res.Name)
			}
			for key, value := range m {
				if a.Pod.Labels[key] != value {
					t.Errorf("%s %s selects %s=%v, which the pods do not carry", res.Type, res.Name, key, value)
				}
				if key == "plan" {
					t.Errorf("%s %s selects by what changes", res.Type, res.Name)
				}
			}
		}
	}
}

func TestACanaryHasTheStepsOfTheBlueprint(t *testing.T) {
	r := record(t, canaryOf(good(Rollout)))
	holds(t, r.One(t, rolloutType), map[string]any{
		"spec.strategy.canary.steps.0.setWeight": 10.0, "spec.strategy.canary.steps.1.pause.duration": "300s",
		"spec.strategy.canary.steps.2.setWeight": 0.0,
		"spec.strategy.canary.stableService":     "scoring-stable",
		"spec.strategy.canary.canaryService":     "scoring-canary",
		"spec.strategy.canary.maxUnavailable":    0.0,
		"spec.strategy.blueGreen":                nil, "spec.replicas": nil, "spec.strategy.canary.steps.4": nil,
		"spec.template.spec.containers.0.readinessProbe.httpGet.path": "/ready",
	})
	if pause, ok := r.One(t, rolloutType).At("spec.strategy.canary.steps.3.pause").(map[string]any); !ok ||
		len(pause) != 0 {
		t.Errorf("a wait for a person is %v", r.One(t, rolloutType).At("spec.strategy.canary.steps.3"))
	}
	for name, selects := range map[string]bool{"credit-risk-scoring": true, "credit-risk-scoring-stable": false,
		"credit-risk-scoring-canary": false} {
		if s := r.Named(t, serviceType, name); (s.At("spec.selector") != nil) != selects {
			t.Errorf("%s selects %v; Argo's controller points it at one version", name, s.At("spec.selector"))
		}
	}
}

func TestBlueGreenMovesTheServiceThatClientsUse(t *testing.T) {
	a := good(Rollout)
	a.Strategy.BlueGreen = &BlueGreen{AutoPromotion: false}
	r := record(t, a)
	holds(t, r.One(t, rolloutType), map[string]any{
		"spec.strategy.blueGreen.activeService": "scoring", "spec.strategy.blueGreen.previewService": "scoring-preview",
		"spec.strategy.blueGreen.autoPromotionEnabled": false, "spec.strategy.canary": nil,
	})
	for _, s := range r.All(serviceType) {
		if s.At("spec.selector") != nil {
			t.Errorf("%s has a selector of ours, which Argo's would fight", s.Name)
		}
	}
}

func TestServicesLeadToTheNamedPort(t *testing.T) {
	for _, a := range []*Args{good(Deployment), canaryOf(good(Rollout)), good(Rollout)} {
		live := 0
		for _, s := range record(t, a).All(serviceType) {
			holds(t, s, map[string]any{"spec.type": "ClusterIP", "spec.ports.0.port": 80.0,
				"spec.ports.0.targetPort": "http", "spec.ports.0.name": "http",
				"spec.ports.1.targetPort": "operators", "spec.ports.1.port": 8081.0})
			if !slices.Contains(a.ServiceNames(), s.Text("metadata.name")) {
				t.Errorf("%s is not among the names that were checked", s.Text("metadata.name"))
			}
			if s.At("metadata.labels").(map[string]any)[Traffic] == Live {
				live++
			}
		}
		if live != 1 {
			t.Errorf("%d Services are the clients', want one", live)
		}
	}
}

func TestANumberOfReplicasIsInOneObject(t *testing.T) {
	for _, delivery := range []string{Deployment, Rollout} {
		more := good(delivery)
		more.Min, more.Max = 3, 20
		changed := pulumitest.Changed(record(t, good(delivery)), record(t, more))
		if !slices.Equal(changed, []string{scalerType + " credit-risk-scoring"}) {
			t.Errorf("%s: changed %v", delivery, changed)
		}
	}
	holds(t, record(t, good(Rollout)).One(t, scalerType), map[string]any{
		"spec.scaleTargetRef.kind": "Rollout", "spec.scaleTargetRef.name": "scoring",
		"spec.minReplicas": 2.0, "spec.maxReplicas": 10.0,
		"spec.metrics.0.resource.target.averageUtilization": 70.0,
	})
	holds(t, record(t, good(Deployment)).One(t, scalerType),
		map[string]any{"spec.scaleTargetRef.kind": "Deployment", "spec.scaleTargetRef.apiVersion": "apps/v1"})
}

func TestRequestsInFlightAddPodsToo(t *testing.T) {
	holds(t, record(t, good(Rollout)).One(t, scalerType), map[string]any{"spec.metrics.1": nil})
	a := good(Rollout)
	a.InFlight = 8
	holds(t, record(t, a).One(t, scalerType), map[string]any{
		"spec.metrics.0.resource.name": "cpu", "spec.metrics.1.type": "Pods",
		"spec.metrics.1.pods.metric.name":         InFlightMetric,
		"spec.metrics.1.pods.target.type":         "AverageValue",
		"spec.metrics.1.pods.target.averageValue": "8",
	})
	a.InFlight = -1
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "-1 requests in flight") {
		t.Errorf("got %v", err)
	}
}

func TestADrainTakesOnePodAtATime(t *testing.T) {
	holds(t, record(t, good(Deployment)).One(t, budgetType), map[string]any{
		"spec.maxUnavailable": 1.0, "spec.minAvailable": nil, "spec.selector.matchLabels.name": "scoring",
		"spec.unhealthyPodEvictionPolicy": "AlwaysAllow",
	})
}

func TestPulumiDoesNotWaitForAModelThatIsNotTrainedYet(t *testing.T) {
	r := record(t, canaryOf(good(Rollout)))
	for _, typ := range []string{rolloutType, serviceType, scalerType} {
		for _, res := range r.All(typ) {
			notes, _ := res.At("metadata.annotations").(map[string]any)
			if notes["pulumi.com/skipAwait"] != "true" {
				t.Errorf("%s %s is waited for", res.Type, res.Name)
			}
		}
	}
}

func TestTheServiceAccountGivesNoToken(t *testing.T) {
	holds(t, record(t, good(Deployment)).One(t, "kubernetes:core/v1:ServiceAccount"), map[string]any{
		"automountServiceAccountToken": false, "metadata.name": "endpoint-scoring",
	})
}

func TestEveryProblemOfAnEndpointIsReported(t *testing.T) {
	a := &Args{
		Namespace: "X", Name: strings.Repeat("e", 56), Delivery: "magic", Min: 0, Selector: map[string]string{"a": "b"},
		Labels: map[string]string{"a": "b c"},
		Pod:    pod.Args{}, Strategy: Strategy{Canary: []Step{{}, {Weight: weight(101)},
			{Weight: weight(1), Forever: true}}, BlueGreen: &BlueGreen{}},
	}
	err := a.Validate()
	for _, want := range []string{`namespace "X"`, "at most 55", `delivery "magic"`, "0 to 0 replicas", "selector a=b",
		"no port", "no image", "want one of them", "step 0", "weight 101", "step 2", "label a"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	none := good(Deployment)
	none.Selector = nil
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "x", none)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "match every pod") || len(r.Resources) != 0 {
		t.Errorf("%v after %d resources", err, len(r.Resources))
	}
}

// TestPodsWithACertificateAreAskedByHTTPS, by callers and probes; operators ask in plain
// text, and what ends TLS in front of them is refused.
func TestPodsWithACertificateAreAskedByHTTPS(t *testing.T) {
	a := good(Deployment)
	a.Pod.Certificate = &pod.Certificate{Secret: "scoring-tls", Authority: true}
	var url string
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		e, err := New(ctx, "credit-risk-scoring", a)
		if err == nil {
			url = e.URL
		}
		return err
	})
	if url != "https://scoring.credit-risk.svc.cluster.local" {
		t.Errorf("it answers at %s", url)
	}
	const c = "spec.template.spec.containers.0."
	holds(t, r.One(t, deploymentType), map[string]any{
		c + "startupProbe.httpGet.scheme": "HTTPS", c + "livenessProbe.httpGet.scheme": "HTTPS",
		c + "readinessProbe.httpGet.scheme": "HTTPS", c + "readinessProbe.httpGet.port": "http",
	})
	holds(t, r.One(t, serviceType), map[string]any{
		"spec.ports.0.name": "https", "spec.ports.0.port": 443.0, "spec.ports.0.targetPort": "http",
		"spec.ports.1.name": "operators", "spec.ports.1.port": 8081.0})
	a.Min, a.Keda = 0, "keda"
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "its pods speak TLS") {
		t.Errorf("behind KEDA's interceptor: %v", err)
	}
	a.Min, a.Expose = 1, &Expose{Host: "a.example.com", Way: ByIngress}
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "its pods speak TLS") {
		t.Errorf("behind an Ingress: %v", err)
	}
}
