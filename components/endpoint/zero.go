package endpoint

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// The APIs of KEDA and of its HTTP add-on, which serves this version from 0.14 on.
const (
	ScalerVersion = "keda.sh/v1alpha1"
	ScalerKind    = "ScaledObject"
	RouteVersion  = "http.keda.sh/v1beta1"
	RouteKind     = "InterceptorRoute"
)

// What the add-on's chart calls its Services, and their ports.
const (
	interceptor     = "keda-add-ons-http-interceptor-proxy"
	interceptorPort = 8080
	counter         = "keda-add-ons-http-external-scaler"
	counterPort     = 9090
)

// crowd is the number of requests under way in a pod above which pods are added, where
// the blueprint does not say one: the add-on's own default.
const crowd = 100

// ownHPA on an autoscaler of ours lets KEDA's webhook accept a ScaledObject of the same
// pods: an endpoint whose minimum becomes 0 has both until the autoscaler is deleted,
// which Pulumi and GitOps tools do last.
var ownHPA = map[string]string{"validations.keda.sh/hpa-ownership": "false"}

// zero registers what lets the endpoint have no pods: a Service that leads to the
// add-on's interceptor, which holds a request until a pod is ready; the route from there
// to the endpoint; and KEDA's scaler, which adds pods by the requests that the
// interceptor counts. No metric of a pod could say that one is needed when none runs.
func (r *registration) zero(target scaleTarget) error {
	route := routeSpec{Target: routeTarget{Service: r.Name, Port: 80}, Rules: []routeRule{{Hosts: r.hosts()}}}
	route.ScalingMetric.Concurrency.TargetValue = crowd
	if r.InFlight > 0 {
		route.ScalingMetric.Concurrency.TargetValue = r.InFlight
	}
	if err := r.custom(RouteVersion, RouteKind, "-route", route); err != nil {
		return err
	}
	_, err := corev1.NewService(r.ctx, r.name+proxy, &corev1.ServiceArgs{
		Metadata: object.Meta(r.Namespace, r.Name+proxy, r.Labels, r.patient()),
		Spec: &corev1.ServiceSpecArgs{
			Type:         pulumi.String("ExternalName"),
			ExternalName: pulumi.String(fmt.Sprintf("%s.%s.svc.cluster.local", interceptor, r.Keda)),
		},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("service %s: %w", r.Name+proxy, err)
	}
	return r.custom(ScalerVersion, ScalerKind, "-scaler", scalerSpec{
		ScaleTargetRef: target, MinReplicaCount: r.Min, MaxReplicaCount: r.Max,
		Triggers: []trigger{
			{Type: "external-push", Metadata: map[string]string{
				"scalerAddress":    fmt.Sprintf("%s.%s:%d", counter, r.Keda, counterPort),
				"interceptorRoute": r.Name,
			}},
			{Type: "cpu", MetricType: "Utilization", Metadata: map[string]string{"value": strconv.Itoa(busy)}},
		},
	})
}

// hosts are the names under which clients reach the interceptor for this endpoint. The
// name without a namespace is none of them: the interceptor serves all namespaces.
func (r *registration) hosts() []string {
	short := r.Name + proxy + "." + r.Namespace
	return []string{short, short + ".svc", short + ".svc.cluster.local"}
}

// custom registers an object of KEDA's with the endpoint's name.
func (r *registration) custom(version, kind, suffix string, spec any) error {
	_, err := apiextensions.NewCustomResource(r.ctx, r.name+suffix, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(version), Kind: pulumi.String(kind),
		Metadata:    object.Meta(r.Namespace, r.Name, r.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": spec},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}

// The parts of KEDA's objects that we write, under its names.

type scaleTarget struct {
	APIVersion string `pulumi:"apiVersion"`
	Kind       string `pulumi:"kind"`
	Name       string `pulumi:"name"`
}

type scalerSpec struct {
	ScaleTargetRef  scaleTarget `pulumi:"scaleTargetRef"`
	MinReplicaCount int         `pulumi:"minReplicaCount"`
	MaxReplicaCount int         `pulumi:"maxReplicaCount"`
	Triggers        []trigger   `pulumi:"triggers"`
}

type trigger struct {
	Type       string            `pulumi:"type"`
	MetricType string            `pulumi:"metricType"`
	Metadata   map[string]string `pulumi:"metadata"`
}

type routeSpec struct {
	Target        routeTarget `pulumi:"target"`
	Rules         []routeRule `pulumi:"rules"`
	ScalingMetric struct {
		Concurrency struct {
			TargetValue int `pulumi:"targetValue"`
		} `pulumi:"concurrency"`
	} `pulumi:"scalingMetric"`
}

type routeTarget struct {
	Service string `pulumi:"service"`
	Port    int    `pulumi:"port"`
}

type routeRule struct {
	Hosts []string `pulumi:"hosts"`
}
