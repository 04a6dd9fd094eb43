package job

import (
	"fmt"

	batchv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/batch/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// never is the schedule of a job that is started by hand: a CronJob must have
// one, and a suspended one keeps to it never.
const never = "0 0 1 1 *"

// cronJob registers a CronJob. A job without a schedule is a suspended one, from which
// a person makes Jobs.
func (r registration) cronJob(c *Job) error {
	schedule := r.Schedule
	if schedule == "" {
		schedule = never
	}
	j, err := batchv1.NewCronJob(r.ctx, r.name, &batchv1.CronJobArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, nil),
		Spec: &batchv1.CronJobSpecArgs{
			Schedule:                   pulumi.String(schedule),
			TimeZone:                   pulumi.String(r.zone()),
			Suspend:                    pulumi.Bool(r.Schedule == ""),
			ConcurrencyPolicy:          pulumi.String(r.concurrency()),
			StartingDeadlineSeconds:    pulumi.Int(r.lateness()),
			SuccessfulJobsHistoryLimit: pulumi.Int(history),
			FailedJobsHistoryLimit:     pulumi.Int(history),
			JobTemplate: batchv1.JobTemplateSpecArgs{
				Metadata: object.Meta("", "", r.queued(r.Labels), nil),
				Spec:     r.jobSpec(pulumi.Int(keep)),
			},
		},
	}, r.opts...)
	if err != nil {
		return fmt.Errorf("cron job: %w", err)
	}
	c.Run = fmt.Sprintf("kubectl -n %s create job --from=cronjob/%s %s-now", r.Namespace, r.Name, r.Name)
	c.Objects = []pulumi.Resource{j}
	return nil
}

// once registers a Job. Pulumi waits for it to complete.
func (r registration) once(c *Job) error {
	j, err := batchv1.NewJob(r.ctx, r.name, &batchv1.JobArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, nil),
		Spec:     r.jobSpec(nil),
	}, r.opts...)
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	c.Run = fmt.Sprintf("kubectl -n %s get job/%s -o yaml | kubectl replace --force -f -", r.Namespace, r.Name)
	c.Objects = []pulumi.Resource{j}
	return nil
}

// jobSpec is a run: attempts until one succeeds, but for those that would come
// to the same, and not counting those that the cluster itself cut short.
func (r registration) jobSpec(kept pulumi.IntPtrInput) *batchv1.JobSpecArgs {
	return &batchv1.JobSpecArgs{
		BackoffLimit:            pulumi.Int(r.Retries),
		ActiveDeadlineSeconds:   pulumi.Int(r.seconds()),
		TtlSecondsAfterFinished: kept,
		PodFailurePolicy: batchv1.PodFailurePolicyArgs{Rules: batchv1.PodFailurePolicyRuleArray{
			batchv1.PodFailurePolicyRuleArgs{
				Action: pulumi.String("FailJob"),
				OnExitCodes: batchv1.PodFailurePolicyOnExitCodesRequirementArgs{
					ContainerName: pulumi.String(pod.Name), Operator: pulumi.String("In"),
					Values: pulumi.IntArray{pulumi.Int(1), pulumi.Int(2)},
				},
			},
			batchv1.PodFailurePolicyRuleArgs{
				Action: pulumi.String("Ignore"),
				OnPodConditions: batchv1.PodFailurePolicyOnPodConditionsPatternArray{
					batchv1.PodFailurePolicyOnPodConditionsPatternArgs{Type: pulumi.String("DisruptionTarget"),
						Status: pulumi.String("True")},
				},
			},
		}},
		Template: r.Pod.Template(func(_ *corev1.ContainerArgs, s *corev1.PodSpecArgs) {
			s.RestartPolicy = pulumi.String("Never")
		}),
	}
}
