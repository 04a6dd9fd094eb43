package addons

// object shortens what Helm values are made of.
type object = map[string]any

// unprivileged is the security context of a controller's container.
func unprivileged() object {
	return object{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"capabilities":   object{"drop": []any{"ALL"}},
		"seccompProfile": object{"type": "RuntimeDefault"},
	}
}

func requests(cpu, memory string) object {
	return object{"requests": object{"cpu": cpu, "memory": memory}, "limits": object{"memory": memory}}
}

// workflows runs the controller for the whole cluster. Service accounts and
// rights of workflows come with the workloads, so the chart makes none.
func (a *Args) workflows() object {
	return object{
		"images":   object{"pullPolicy": "IfNotPresent"},
		"crds":     object{"install": true, "keep": true},
		"workflow": object{"serviceAccount": object{"create": false}, "rbac": object{"create": false}},
		"controller": object{
			"replicas": a.replicas(), "pdb": object{"enabled": a.Spread, "maxUnavailable": 1},
			"workflowNamespaces": []any{},
			"securityContext":    unprivileged(), "resources": requests("100m", "512Mi"),
			"metricsConfig":  object{"enabled": true},
			"serviceMonitor": object{"enabled": true},
			"workflowDefaults": object{"spec": object{
				// Pods of what succeeded go at once; what failed stays a week.
				"podGC":       object{"strategy": "OnPodSuccess"},
				"ttlStrategy": object{"secondsAfterSuccess": 86400, "secondsAfterFailure": 604800},
			}},
		},
		"server": object{
			// The user's own Kubernetes rights decide; no account of the server's.
			"authModes": []any{"client"}, "secure": true,
			"securityContext": unprivileged(), "resources": requests("50m", "256Mi"),
		},
	}
}

// rollouts runs the controller for the whole cluster, without its dashboard,
// which has no login.
func (a *Args) rollouts() object {
	return object{
		"installCRDs": true, "keepCRDs": true,
		"dashboard":                object{"enabled": false},
		"containerSecurityContext": unprivileged(),
		"controller": object{
			"replicas": a.replicas(), "pdb": object{"enabled": a.Spread, "maxUnavailable": 1},
			"resources": requests("50m", "256Mi"),
			"metrics":   object{"enabled": true, "serviceMonitor": object{"enabled": true}},
		},
	}
}

// balancer makes load balancers for Ingresses and Services that ask for them.
// The mutator of Services stays off: with it on, no Service can be made while
// the controller is away.
func (a *Args) balancer() object {
	return object{
		"clusterName": a.ClusterName, "region": a.Region, "vpcId": a.VPCID,
		"replicaCount":   a.replicas(),
		"serviceAccount": object{"create": true, "name": "aws-load-balancer-controller"},
		// Not used, and so not allowed.
		"enableShield": false, "enableWaf": false, "enableWafv2": false,
		"enableServiceMutatorWebhook": false,
		"defaultTags":                 a.Tags,
		"securityContext":             unprivileged(), "resources": requests("50m", "256Mi"),
		"serviceMonitor": object{"enabled": true},
	}
}

// autoscaler adds nodes that pending pods need and takes away idle ones.
func (a *Args) autoscaler() object {
	return object{
		"cloudProvider": "aws", "awsRegion": a.Region,
		"autoDiscovery": object{"clusterName": a.ClusterName},
		"replicaCount":  a.replicas(),
		"rbac":          object{"create": true, "serviceAccount": object{"create": true, "name": "cluster-autoscaler"}},
		"extraArgs": object{
			"balance-similar-node-groups": true, "expander": "least-waste", "skip-nodes-with-system-pods": false,
		},
		// The image names no user; the group reads the identity's token.
		"securityContext": object{"runAsNonRoot": true, "runAsUser": 65534,
			"runAsGroup": 65534, "fsGroup": 65534},
		"containerSecurityContext": unprivileged(), "resources": requests("50m", "512Mi"),
		"serviceMonitor": object{"enabled": true, "namespace": MonitoringNamespace},
	}
}

// gpus runs on the nodes of GPU pools, which carry the label that the chart
// looks for, and tolerates whatever keeps other pods off them.
func (a *Args) gpus() object {
	return object{"tolerations": []any{object{"operator": "Exists"}}}
}
