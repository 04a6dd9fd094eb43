package endpoint

import (
	"fmt"
	"maps"
	"math"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// The judge is the runtime: Argo Rollouts asks the new version's pods for a verdict,
// by the web provider, and does what it says. It is asked with the hashes of the pod
// templates of both versions, by which pods tell whose requests they have counted.

// Analysis is what a new version must show. Question is what the runtime is asked, as
// a value that encodes as JSON.
type Analysis struct{ Question map[string]any }

// JudgePath is where the runtime is asked for a verdict.
const JudgePath = "/release/judge"

// HashVariable is the environment variable with the hash of a pod's template, by which
// Argo Rollouts tells versions apart; hashLabel is the label that it is read from.
const (
	HashVariable = "ASHLAR_POD_TEMPLATE_HASH"
	hashLabel    = "metadata.labels['rollouts-pod-template-hash']"
)

// judgeEvery is how often a verdict is asked for, in seconds. After as many errors in a
// row as would take five minutes Argo Rollouts takes the version back.
const (
	judgeEvery  = 10
	judgeErrors = 30
)

// An AnalysisTemplate under Argo's names.

type analysisSpec struct {
	Args    []analysisArg    `pulumi:"args"`
	Metrics []analysisMetric `pulumi:"metrics"`
}

type analysisArg struct {
	Name      string     `pulumi:"name"`
	ValueFrom *valueFrom `pulumi:"valueFrom"`
}

type valueFrom struct {
	PodTemplateHashValue string `pulumi:"podTemplateHashValue"`
}

// What is neither a success nor a failure is inconclusive, and is asked again. Where
// Argo Rollouts waits for an analysis it wants a Count, after which it gives up.
type analysisMetric struct {
	Name                    string           `pulumi:"name"`
	Interval                string           `pulumi:"interval"`
	SuccessCondition        string           `pulumi:"successCondition"`
	FailureCondition        string           `pulumi:"failureCondition"`
	Count                   *int             `pulumi:"count"`
	FailureLimit            int              `pulumi:"failureLimit"`
	InconclusiveLimit       int              `pulumi:"inconclusiveLimit"`
	ConsecutiveErrorLimit   int              `pulumi:"consecutiveErrorLimit"`
	ConsecutiveSuccessLimit *int             `pulumi:"consecutiveSuccessLimit"`
	Provider                analysisProvider `pulumi:"provider"`
}

type analysisProvider struct {
	Web webProvider `pulumi:"web"`
}

type webProvider struct {
	Method         string         `pulumi:"method"`
	URL            string         `pulumi:"url"`
	TimeoutSeconds int            `pulumi:"timeoutSeconds"`
	JSONPath       string         `pulumi:"jsonPath"`
	JSONBody       map[string]any `pulumi:"jsonBody"`
}

// reference is the use of a template in a strategy. Metadata is empty, and is there since
// Argo Rollouts writes it: steps that it has written are its own, and applying ours again
// would be a conflict.
type reference struct {
	Templates []templateName `pulumi:"templates"`
	Args      []analysisArg  `pulumi:"args"`
	Metadata  map[string]any `pulumi:"analysisRunMetadata"`
}

type templateName struct {
	TemplateName string `pulumi:"templateName"`
}

// hashes are the arguments of every analysis.
func hashes() []analysisArg {
	return []analysisArg{
		{Name: "champion", ValueFrom: &valueFrom{PodTemplateHashValue: "Stable"}},
		{Name: "challenger", ValueFrom: &valueFrom{PodTemplateHashValue: "Latest"}},
	}
}

func refer(name string) *reference {
	return &reference{Templates: []templateName{{name}}, Args: hashes(), Metadata: map[string]any{}}
}

// asked is an analysis under the name of its template, with the Service that leads to
// the new version. One that passes ends at the first pass; another one watches for as
// long as the roll-out goes on.
type asked struct {
	name, service string
	analysis      *Analysis
	passes        bool
}

// suffixes of the templates' names.
const (
	watch  = "-watch"
	passed = "-pass"
	before = "-before"
	after  = "-after"
)

// analyses are the templates that the strategy refers to.
func (s Strategy) analyses(name string) []asked {
	var out []asked
	add := func(suffix, service string, a *Analysis, passes bool) {
		if a != nil {
			out = append(out, asked{name + suffix, service, a, passes})
		}
	}
	add(watch, name+canary, s.Watch, false)
	add(passed, name+canary, s.Watch, true)
	for i, one := range s.Canary {
		add(stepSuffix(i), name+canary, one.Analysis, true)
	}
	if b := s.BlueGreen; b != nil {
		add(before, name+preview, b.Before, true)
		add(after, name, b.After, true)
	}
	return out
}

func stepSuffix(i int) string { return fmt.Sprintf("-step-%d", i) }

// PodsService is the Service whose name resolves to the addresses of all pods of an
// endpoint whose versions are judged.
func PodsService(name string) string { return name + peers }

// judged registers what Argo Rollouts asks, and the Service by which the pods find each
// other: its name resolves to the addresses of all of them, whatever their version.
func (r *registration) judged() error {
	if !r.asked() {
		return nil
	}
	for _, one := range r.Strategy.analyses(r.Name) {
		template, err := apiextensions.NewCustomResource(r.ctx, r.name+one.name[len(r.Name):],
			&apiextensions.CustomResourceArgs{
				ApiVersion: pulumi.String(argoVersion), Kind: pulumi.String("AnalysisTemplate"),
				Metadata:    object.Meta(r.Namespace, one.name, r.Labels, nil),
				OtherFields: kubernetes.UntypedArgs{"spec": one.spec(r.Namespace, r.Pod.Operators)},
			}, r.opts()...)
		if err != nil {
			return fmt.Errorf("analysis template %s: %w", one.name, err)
		}
		r.after = append(r.after, template)
	}
	_, err := corev1.NewService(r.ctx, r.name+peers, &corev1.ServiceArgs{
		Metadata: object.Meta(r.Namespace, r.Name+peers, r.Labels, r.patient()),
		Spec: &corev1.ServiceSpecArgs{ClusterIP: pulumi.String("None"), Selector: pulumi.ToStringMap(r.Selector),
			Ports: corev1.ServicePortArray{r.operators()}},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("service %s: %w", r.Name+peers, err)
	}
	return nil
}

// spec is the template in Argo's words; port is that of operators.
func (a asked) spec(namespace string, port int) analysisSpec {
	body := maps.Clone(a.analysis.Question)
	if body == nil {
		body = map[string]any{}
	}
	body["champion"], body["challenger"] = "{{args.champion}}", "{{args.challenger}}"
	m := analysisMetric{
		Name: "verdict", Interval: fmt.Sprintf("%ds", judgeEvery),
		SuccessCondition: `result == "pass"`, FailureCondition: `result == "fail"`,
		InconclusiveLimit: math.MaxInt32, ConsecutiveErrorLimit: judgeErrors,
		Provider: analysisProvider{Web: webProvider{Method: "POST",
			URL:            fmt.Sprintf("http://%s.%s.svc:%d%s", a.service, namespace, port, JudgePath),
			TimeoutSeconds: judgeEvery, JSONPath: "{$.verdict}", JSONBody: body}},
	}
	if a.passes {
		once, always := 1, math.MaxInt32
		m.ConsecutiveSuccessLimit, m.Count = &once, &always
	}
	return analysisSpec{Args: []analysisArg{{Name: "champion"}, {Name: "challenger"}}, Metrics: []analysisMetric{m}}
}
