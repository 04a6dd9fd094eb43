package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// listedKinds are looked for in our namespaces. What Kubernetes makes of them, such as
// the pods of a Deployment, has a controller and is no stranger.
var listedKinds = []cluster.Ref{
	{Version: "rbac.authorization.k8s.io/v1", Kind: "Role"},
	{Version: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"},
	{Version: "networking.k8s.io/v1", Kind: "NetworkPolicy"}, {Version: "networking.k8s.io/v1", Kind: "Ingress"},
	{Version: "v1", Kind: "Pod"}, {Version: "v1", Kind: "Secret"}, {Version: "v1", Kind: "ServiceAccount"},
	{Version: "v1", Kind: "Service"}, {Version: "v1", Kind: "ConfigMap"},
	{Version: "v1", Kind: "PersistentVolumeClaim"},
	{Version: "apps/v1", Kind: "Deployment"}, {Version: "apps/v1", Kind: "StatefulSet"},
	{Version: "apps/v1", Kind: "DaemonSet"}, {Version: "apps/v1", Kind: "ReplicaSet"},
	{Version: "batch/v1", Kind: "Job"}, {Version: "batch/v1", Kind: "CronJob"},
	{Version: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"}, {Version: "keda.sh/v1alpha1", Kind: "ScaledObject"},
	{Version: "http.keda.sh/v1beta1", Kind: "InterceptorRoute"},
	{Version: "argoproj.io/v1alpha1", Kind: "Rollout"}, {Version: "argoproj.io/v1alpha1", Kind: "CronWorkflow"},
	{Version: "argoproj.io/v1alpha1", Kind: "WorkflowTemplate"},
}

// everywhere are objects that Kubernetes puts into each namespace.
var everywhere = []string{"ConfigMap kube-root-ca.crt", "ServiceAccount default"}

// strangers looks for objects in our namespaces that the program does not make, and for
// cluster roles that somebody has bound to our service accounts.
func (l *looker) strangers(ctx context.Context, rendered []Object, options Options) error {
	ours, made, namespaces := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range rendered {
		made[o.key()] = true
		if o.Kind() == "Namespace" {
			namespaces[o.Name()] = true
			ours[o.Name()] = !slices.Contains(options.Charts, o.Name())
		}
	}
	brought := references(rendered)
	for _, namespace := range slices.Sorted(maps.Keys(ours)) {
		if !ours[namespace] {
			l.note("namespace %s: Helm installs objects there, so that objects of others are not looked for", namespace)
			continue
		}
		for _, kind := range listedKinds {
			kind.Namespace = namespace
			list, err := l.list(ctx, kind, true)
			if err != nil {
				return err
			}
			for _, one := range list {
				o := Object(one)
				o["kind"], o["apiVersion"] = kind.Kind, kind.Version // lists leave both out
				if !made[o.key()] && !brought[o.label()] && !controlled(o) &&
					!slices.Contains(everywhere, kind.Kind+" "+o.Name()) {
					l.findings = append(l.findings, stranger(o))
				}
			}
		}
	}
	return l.grants(ctx, made, namespaces)
}

// list is the cluster's, empty with a note where it is forbidden, or where the cluster has
// no such kind.
func (l *looker) list(ctx context.Context, kind cluster.Ref, metadata bool) ([]map[string]any, error) {
	list, err := l.cluster.List(ctx, kind, metadata)
	switch {
	case errors.Is(err, cluster.ErrForbidden):
		where := "in namespace " + kind.Namespace
		if kind.Namespace == "" {
			where = "of the cluster"
		}
		l.note("objects of kind %s %s that the program does not make are not looked for: there is no permission to list them", kind.Kind, where)
		return nil, nil
	case errors.Is(err, cluster.ErrNoKind):
		return nil, nil
	}
	return list, err
}

// grants looks for cluster role bindings to service accounts of our namespaces.
func (l *looker) grants(ctx context.Context, made, namespaces map[string]bool) error {
	kind := cluster.Ref{Version: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding"}
	list, err := l.list(ctx, kind, false)
	if err != nil {
		return err
	}
	for _, one := range list {
		o := Object(one)
		o["kind"], o["apiVersion"] = kind.Kind, kind.Version
		subjects, _ := o["subjects"].([]any)
		ours := slices.ContainsFunc(subjects, func(v any) bool {
			s, _ := v.(map[string]any)
			subject := Object(s)
			group, isGroup := strings.CutPrefix(subject.text("name"), "system:serviceaccounts:")
			return subject.text("kind") == "ServiceAccount" && namespaces[subject.text("namespace")] ||
				subject.text("kind") == "Group" && isGroup && namespaces[group]
		})
		if ours && !made[o.key()] {
			f := stranger(o)
			role, _ := o["roleRef"].(map[string]any)
			f.Found = "binds " + Object(role).text("kind") + " " + Object(role).text("name") +
				" to a service account of ours"
			l.findings = append(l.findings, f)
		}
	}
	return nil
}

// stranger is the finding of an object that the program does not make.
func stranger(o Object) drift.Finding {
	by := owner{at: o.meta().text("creationTimestamp")}
	if all := owners(o); len(all) > 0 {
		by.manager = all[0].manager
	}
	return finding(o, difference{}, drift.Unknown, by)
}

// controlled reports whether a controller made the object of another one.
func controlled(o Object) bool {
	refs, _ := o.meta()["ownerReferences"].([]any)
	return slices.ContainsFunc(refs, func(v any) bool {
		ref, _ := v.(map[string]any)
		return ref["controller"] == true
	})
}

// references are the Secrets and ConfigMaps that rendered objects read, by their label:
// people bring some of them.
func references(rendered []Object) map[string]bool {
	out := map[string]bool{}
	for _, o := range rendered {
		collect(o.Namespace(), map[string]any(o), out)
	}
	return out
}

// readers are the fields that name a Secret or a ConfigMap: where, of which kind, and by
// which member.
var readers = map[string][2]string{
	"secretRef": {"Secret", "name"}, "secretKeyRef": {"Secret", "name"}, "secret": {"Secret", "secretName"},
	"configMapRef": {"ConfigMap", "name"}, "configMapKeyRef": {"ConfigMap", "name"}, "configMap": {"ConfigMap", "name"},
}

func collect(namespace string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			m, _ := one.(map[string]any)
			if r, ok := readers[key]; ok {
				into[drift.Label(r[0], namespace, Object(m).text(r[1]))] = true
			}
			if pulls, ok := one.([]any); ok && key == "imagePullSecrets" {
				for _, pull := range pulls {
					p, _ := pull.(map[string]any)
					into[drift.Label("Secret", namespace, Object(p).text("name"))] = true
				}
			}
			collect(namespace, one, into)
		}
	case []any:
		for _, one := range v {
			collect(namespace, one, into)
		}
	}
}
