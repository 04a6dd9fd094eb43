package endpoint

// trafficRouting is how Argo Rollouts divides requests between two versions, under its
// names; one of the fields is set.
type trafficRouting struct {
	Plugins map[string]gatewayPlugin `pulumi:"plugins"`
	Traefik *traefikRouting          `pulumi:"traefik"`
	ALB     *albRouting              `pulumi:"alb"`
	Nginx   *nginxRouting            `pulumi:"nginx"`
}

// gatewayPlugin is the config of Argo Rollouts' plugin for the Gateway API.
type gatewayPlugin struct {
	HTTPRoute string `pulumi:"httpRoute"`
	Namespace string `pulumi:"namespace"`
}

// pluginName is what the plugin is installed under.
const pluginName = "argoproj-labs/gatewayAPI"

type traefikRouting struct {
	WeightedTraefikServiceName string `pulumi:"weightedTraefikServiceName"`
}

type albRouting struct {
	Ingress     string `pulumi:"ingress"`
	ServicePort int    `pulumi:"servicePort"`
}

type nginxRouting struct {
	StableIngress string `pulumi:"stableIngress"`
}

// routed has the canary's weights be those of requests, where a router divides them.
// Without one they are those of pods.
func (a *Args) routed(c *canaryStrategy) {
	if c == nil || !a.weighed() {
		return
	}
	c.TrafficRouting = &trafficRouting{}
	switch a.Expose.Router {
	case Traefik:
		c.TrafficRouting.Traefik = &traefikRouting{a.Name}
	case ALB:
		c.TrafficRouting.ALB = &albRouting{Ingress: a.Name, ServicePort: servicePort}
	case Nginx:
		c.TrafficRouting.Nginx = &nginxRouting{a.Name}
	default:
		c.TrafficRouting.Plugins = map[string]gatewayPlugin{pluginName: {HTTPRoute: a.Name, Namespace: a.Namespace}}
	}
}
