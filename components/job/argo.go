package job

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

const (
	argoVersion = "argoproj.io/v1alpha1"
	step        = "run" // the workflow's only template
)

// argo registers a WorkflowTemplate, from which a person may start a run at any
// time, and the CronWorkflow that starts it on schedule. They are two objects
// so that a changed schedule leaves what runs alone.
func (r registration) argo(c *Job) error {
	if err := r.reporting(); err != nil {
		return err
	}
	patch, err := helpers()
	if err != nil {
		return err
	}
	template, err := apiextensions.NewCustomResource(r.ctx, r.name+"-template", &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(argoVersion), Kind: pulumi.String("WorkflowTemplate"),
		Metadata:    object.Meta(r.Namespace, r.Name, r.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": r.workflow(patch)},
	}, r.opts...)
	if err != nil {
		return fmt.Errorf("workflow template: %w", err)
	}
	c.Objects = []pulumi.Resource{template}
	c.Run = fmt.Sprintf("argo -n %s submit --from workflowtemplate/%s", r.Namespace, r.Name)
	if r.Schedule == "" {
		return nil
	}
	cron, err := apiextensions.NewCustomResource(r.ctx, r.name+"-schedule", &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(argoVersion), Kind: pulumi.String("CronWorkflow"),
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": cronWorkflowSpec{
			Schedules:                  []string{r.Schedule},
			Timezone:                   r.zone(),
			ConcurrencyPolicy:          r.concurrency(),
			StartingDeadlineSeconds:    r.lateness(),
			SuccessfulJobsHistoryLimit: history,
			FailedJobsHistoryLimit:     history,
			WorkflowMetadata:           metadata{Labels: r.Labels},
			WorkflowSpec:               workflowFromSpec{WorkflowTemplateRef: templateRef{r.Name}},
		}},
	}, append(r.opts[:len(r.opts):len(r.opts)], pulumi.DependsOn(c.Objects))...)
	if err != nil {
		return fmt.Errorf("cron workflow: %w", err)
	}
	c.Objects = append(c.Objects, cron)
	return nil
}

// workflow is the template's spec: the graph of the stages, or a single template where
// there are none. patch confines the containers that Argo adds.
func (r registration) workflow(patch string) workflowTemplateSpec {
	out := workflowTemplateSpec{
		Entrypoint:            step,
		ServiceAccountName:    r.Pod.ServiceAccount,
		ActiveDeadlineSeconds: r.seconds(),
		TTLStrategy:           ttlStrategy{keep, keep},
		SecurityContext:       pod.Security(),
		PodSpecPatch:          patch,
		Metrics:               r.metrics(),
	}
	if r.Concurrency != "allow" {
		// Also a run that a person starts waits for the one under way.
		out.Synchronization = &synchronization{[]mutex{{r.Pod.ServiceAccount}}}
	}
	if len(r.Stages) > 0 {
		none := ""
		out.Templates = r.graph()
		if r.Parallelism > 0 {
			out.Parallelism = &r.Parallelism
		}
		out.Arguments = &arguments{[]parameter{{Name: "date", Value: &none}}}
		if len(r.Finish) > 0 {
			end := finish
			out.OnExit = &end
		}
		return out
	}
	t := podTemplate(step, &r.Pod)
	t.Metadata.Labels = r.queued(t.Metadata.Labels)
	t.RetryStrategy = retries(r.Retries, r.RetryDelay)
	out.Templates = []template{t}
	return out
}

// retries repeats a pod that broke, after a delay that doubles.
func retries(again int, delay time.Duration) *retryStrategy {
	if again == 0 {
		return nil
	}
	return &retryStrategy{
		Limit: again, RetryPolicy: "Always",
		// -1 is an attempt that left no exit code, as when its node was lost.
		Expression: `!(lastRetry.exitCode in ["1", "2"])`,
		Backoff:    backoff{Duration: fmt.Sprintf("%ds", int(delay.Seconds())), Factor: 2, MaxDuration: "6h"},
	}
}

// metrics say how the latest run ended.
func (r registration) metrics() *metrics {
	if len(r.Metric) == 0 {
		return nil
	}
	out := &metrics{}
	for _, end := range []struct{ when, value string }{
		{"{{workflow.status}} == Succeeded", "0"}, {"{{workflow.status}} != Succeeded", "1"},
	} {
		m := metric{
			Name: "ashlar_pipeline_failed", Help: "1 once a run has failed for good, 0 once one has succeeded.",
			When: end.when, Gauge: gauge{Value: end.value},
		}
		for _, key := range slices.Sorted(maps.Keys(r.Metric)) {
			m.Labels = append(m.Labels, metricLabel{key, r.Metric[key]})
		}
		out.Prometheus = append(out.Prometheus, m)
	}
	return out
}

// helpers is the patch of the containers that Argo puts beside ours.
//
// It confines them: a controller with default settings leaves them as their
// image has them, which a namespace at level "restricted" refuses. And it gives
// them, and not ours, a token of the API server. Argo's own way to that end, an
// executor's service account, takes a Secret whose token never expires; this
// one is the pod's and lasts an hour.
func helpers() (string, error) {
	const token = "api-access"
	helper := func(name string) map[string]any {
		return map[string]any{
			"name": name,
			"securityContext": map[string]any{
				"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
				"capabilities":   map[string]any{"drop": []string{"ALL"}},
				"seccompProfile": map[string]any{"type": "RuntimeDefault"},
			},
			"volumeMounts": []any{map[string]any{"name": token,
				"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}},
		}
	}
	sources := []any{
		map[string]any{"serviceAccountToken": map[string]any{"path": "token", "expirationSeconds": 3600}},
		map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt",
			"items": []any{map[string]any{"key": "ca.crt", "path": "ca.crt"}}}},
		map[string]any{"downwardAPI": map[string]any{"items": []any{
			map[string]any{"path": "namespace", "fieldRef": map[string]any{"fieldPath": "metadata.namespace"}},
		}}},
	}
	patch, err := json.Marshal(map[string]any{
		"volumes":        []any{map[string]any{"name": token, "projected": map[string]any{"sources": sources}}},
		"initContainers": []any{helper("init")},
		"containers":     []any{helper("wait")},
	})
	return string(patch), err
}

// reporting lets Argo's containers say how a run ended, which is all that they
// may ask of the API server.
func (r registration) reporting() error {
	role, err := rbacv1.NewRole(r.ctx, r.name, &rbacv1.RoleArgs{
		Metadata: object.Meta(r.Namespace, r.Pod.ServiceAccount, r.Labels, nil),
		Rules: rbacv1.PolicyRuleArray{rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{"argoproj.io"}),
			Resources: pulumi.ToStringArray([]string{"workflowtaskresults"}),
			Verbs:     pulumi.ToStringArray([]string{"create", "patch"}),
		}},
	}, r.opts...)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	_, err = rbacv1.NewRoleBinding(r.ctx, r.name, &rbacv1.RoleBindingArgs{
		Metadata: object.Meta(r.Namespace, r.Pod.ServiceAccount, r.Labels, nil),
		RoleRef: rbacv1.RoleRefArgs{ApiGroup: pulumi.String("rbac.authorization.k8s.io"), Kind: pulumi.String("Role"),
			Name: pulumi.String(r.Pod.ServiceAccount)},
		Subjects: rbacv1.SubjectArray{rbacv1.SubjectArgs{
			Kind: pulumi.String("ServiceAccount"), Name: pulumi.String(r.Pod.ServiceAccount),
			Namespace: pulumi.String(r.Namespace),
		}},
	}, append(r.opts[:len(r.opts):len(r.opts)], pulumi.DependsOn([]pulumi.Resource{role}))...)
	if err != nil {
		return fmt.Errorf("role binding: %w", err)
	}
	return nil
}
