package addons

// values shortens what Helm values are made of.
type values = map[string]any

// unprivileged is the security context of a controller's container.
func unprivileged() values {
	return values{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"capabilities":   values{"drop": []any{"ALL"}},
		"seccompProfile": values{"type": "RuntimeDefault"},
	}
}

func requests(cpu, memory string) values {
	return values{"requests": values{"cpu": cpu, "memory": memory}, "limits": values{"memory": memory}}
}

// monitor is what a chart's ServiceMonitor is told.
func (a *Args) monitor() values {
	if len(a.Prometheus) == 0 {
		return values{"enabled": true}
	}
	return values{"enabled": true, "additionalLabels": a.selected()}
}

// selected are the labels by which Prometheus finds a monitor.
func (a *Args) selected() values {
	out := values{}
	for key, value := range a.Prometheus {
		out[key] = value
	}
	return out
}

// workflows runs the controller for the whole cluster. Service accounts and
// rights of workflows come with the workloads, so the chart makes none.
func (a *Args) workflows() values {
	return values{
		"images":   values{"pullPolicy": "IfNotPresent"},
		"crds":     values{"install": true, "keep": true},
		"workflow": values{"serviceAccount": values{"create": false}, "rbac": values{"create": false}},
		"controller": values{
			"replicas": a.replicas(), "pdb": values{"enabled": a.Spread, "maxUnavailable": 1},
			"workflowNamespaces": []any{},
			"securityContext":    unprivileged(), "resources": requests("100m", "512Mi"),
			"metricsConfig":  values{"enabled": true},
			"serviceMonitor": a.monitor(),
			"workflowDefaults": values{"spec": values{
				// Pods of what succeeded go at once; what failed stays a week.
				"podGC":       values{"strategy": "OnPodSuccess"},
				"ttlStrategy": values{"secondsAfterSuccess": 86400, "secondsAfterFailure": 604800},
			}},
		},
		"server": values{
			// The user's own Kubernetes rights decide; no account of the server's.
			"authModes": []any{"client"}, "secure": true,
			"securityContext": unprivileged(), "resources": requests("50m", "256Mi"),
		},
	}
}

// rollouts runs the controller for the whole cluster, without its dashboard,
// which has no login.
func (a *Args) rollouts() values {
	return values{
		"installCRDs": true, "keepCRDs": true,
		"dashboard":                values{"enabled": false},
		"containerSecurityContext": unprivileged(),
		"controller": values{
			"replicas": a.replicas(), "pdb": values{"enabled": a.Spread, "maxUnavailable": 1},
			"resources": requests("50m", "256Mi"),
			"metrics":   values{"enabled": true, "serviceMonitor": a.monitor()},
			// Its own default is the group of Traefik 2.
			"extraArgs": []string{"--traefik-api-group=traefik.io", "--traefik-api-version=traefik.io/v1alpha1"},
		},
	}
}

// balancer makes load balancers for Ingresses and Services that ask for them.
// The mutator of Services stays off: with it on, no Service can be made while
// the controller is away.
func (a *Args) balancer() values {
	return values{
		"clusterName": a.ClusterName, "region": a.Region, "vpcId": a.VPCID,
		"replicaCount":   a.replicas(),
		"serviceAccount": values{"create": true, "name": "aws-load-balancer-controller"},
		// Not used, and so not allowed.
		"enableShield": false, "enableWaf": false, "enableWafv2": false,
		"enableServiceMutatorWebhook": false,
		"defaultTags":                 a.Tags,
		"securityContext":             unprivileged(), "resources": requests("50m", "256Mi"),
		"serviceMonitor": a.monitor(),
	}
}

// autoscaler adds nodes that pending pods need and takes away idle ones.
func (a *Args) autoscaler() values {
	return values{
		"cloudProvider": "aws", "awsRegion": a.Region,
		"autoDiscovery": values{"clusterName": a.ClusterName},
		"replicaCount":  a.replicas(),
		"rbac":          values{"create": true, "serviceAccount": values{"create": true, "name": "cluster-autoscaler"}},
		"extraArgs": values{
			"balance-similar-node-groups": true, "expander": "least-waste", "skip-nodes-with-system-pods": false,
		},
		// The image names no user; the group reads the identity's token.
		"securityContext": values{"runAsNonRoot": true, "runAsUser": 65534,
			"runAsGroup": 65534, "fsGroup": 65534},
		"containerSecurityContext": unprivileged(), "resources": requests("50m", "512Mi"),
		// By default it goes to a namespace that only our Prometheus makes.
		"serviceMonitor": values{"enabled": true, "namespace": "cluster-autoscaler", "selector": a.selected()},
	}
}

// karpenter runs on the nodes of managed groups, which it does not make itself: the
// chart keeps it off its own. The region is said because pods cannot ask the machine.
func (a *Args) karpenter() values {
	return values{
		"replicas":       a.replicas(),
		"serviceAccount": values{"create": true, "name": "karpenter"},
		"settings":       values{"clusterName": a.Karpenter.Cluster, "interruptionQueue": a.Karpenter.Queue},
		"controller": values{
			"env":       []any{values{"name": "AWS_REGION", "value": a.Region}},
			"resources": requests("250m", "1Gi"),
		},
		"serviceMonitor": a.monitor(),
	}
}

// gpus runs on the nodes of GPU pools, which carry the label that the chart
// looks for, and tolerates whatever keeps other pods off them.
func (a *Args) gpus() values {
	return values{"tolerations": []any{values{"operator": "Exists"}}}
}
