package endpoint

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// Traffic is the label of the Service that clients use, by which the others
// beside it are told apart.
const (
	Traffic = "ashlar.dev/traffic"
	Live    = "live"
)

// services registers the Services: the one that clients use, and with Argo
// Rollouts those that always lead to one version.
//
// A Service that the controller points at a version gets its selector from the
// controller alone. Were it ours too, the selector, which is one value to the
// API server, would have two owners, and every apply would move traffic.
// Without a traffic router a canary gets its share by its number of pods, so
// the clients' Service selects all of them; blue-green moves the clients'
// Service itself.
func (r *registration) services() error {
	for _, name := range r.leading() {
		live := name == r.Name
		ours := live && (r.Delivery != Rollout || r.Strategy.BlueGreen == nil)
		if err := r.service(name, live, ours); err != nil {
			return err
		}
	}
	return nil
}

// callers is the port of a Service that leads to what is for callers: that of HTTP, or of
// HTTPS where pods speak it.
func (r *registration) callers() corev1.ServicePortArgs {
	out := servicePortOf(pod.PortName, servicePort)
	if r.Pod.Certificate != nil {
		out.Name, out.Port = pulumi.String("https"), pulumi.Int(securePort)
	}
	return out
}

// operators is the port of a Service that leads to what is for operators: metrics, drift,
// and what steers a release. Callers have another, so that a network policy can admit
// each to its own.
func (r *registration) operators() corev1.ServicePortArgs {
	return servicePortOf(pod.OperatorsName, r.Pod.Operators)
}

// servicePortOf leads to the pods' port of the same name.
func servicePortOf(name string, port int) corev1.ServicePortArgs {
	return corev1.ServicePortArgs{Name: pulumi.String(name), Port: pulumi.Int(port),
		TargetPort: pulumi.String(name), Protocol: pulumi.String("TCP")}
}

// service registers a Service. live is the one that clients call and that Prometheus
// finds; one that does not select gets its selector from Argo Rollouts' controller.
func (r *registration) service(name string, live, selects bool) error {
	labels := r.Labels
	if live {
		labels = object.With(labels, Traffic, Live)
	}
	spec := &corev1.ServiceSpecArgs{
		Type:  pulumi.String("ClusterIP"),
		Ports: corev1.ServicePortArray{r.callers(), r.operators()},
	}
	if selects {
		spec.Selector = pulumi.ToStringMap(r.Selector)
	}
	s, err := corev1.NewService(r.ctx, r.name+name[len(r.Name):], &corev1.ServiceArgs{
		Metadata: object.Meta(r.Namespace, name, labels, r.patient()), Spec: spec,
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("service %s: %w", name, err)
	}
	r.after = append(r.after, s)
	return nil
}
