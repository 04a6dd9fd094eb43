package job

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DescribedType is the type of the component that Describe registers.
const DescribedType = "ashlar:job:Described"

// described is a component that makes nothing: its inputs are what it is for.
type described struct{ pulumi.ResourceState }

// Describe registers what the pods of a run are, made of the same stages as New's
// workflow, as the inputs of a component: "namespace", "name", "stages" and "finish"
// (absent where nothing ends a run). Each stage has its "name", "after", "fan",
// "retries", "delay" (seconds), "command" (words with a "before", a "value" and an
// "after") and "pod", a pod template without the command. It is for whoever writes
// the files of an engine that no object of the cluster stands for, such as Airflow:
// a recorder of the program has the inputs as plain values. An engine of Pulumi would
// only keep them in its state, so a program registers this where somebody records it.
func Describe(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) error {
	if err := args.Validate(); err != nil {
		return err
	}
	stages := make([]stageValues, len(args.Stages))
	for i := range args.Stages {
		stages[i] = args.Stages[i].values()
	}
	run := kubernetes.UntypedArgs{"namespace": args.Namespace, "name": args.Name, "stages": stages}
	if end := args.end(); end != nil {
		run["finish"] = end.values()
	}
	if err := ctx.RegisterResource(DescribedType, name, run, &described{}, opts...); err != nil {
		return fmt.Errorf("description of job %s: %w", name, err)
	}
	return nil
}

// stageValues are a stage. A field of type any holds a type of Kubernetes' own,
// whose values are awaited when the component is registered.
type stageValues struct {
	Name    string   `pulumi:"name"`
	After   []string `pulumi:"after"`
	Fan     int      `pulumi:"fan"`
	Retries int      `pulumi:"retries"`
	Delay   int      `pulumi:"delay"`
	Command []Word   `pulumi:"command"`
	Pod     any      `pulumi:"pod"`
}

// values describes the stage. Its pod is never restarted in its place: the engine
// starts another.
func (s *Stage) values() stageValues {
	return stageValues{
		Name: s.Name, After: s.After, Fan: s.Fan, Retries: s.Retries,
		Delay: int(s.RetryDelay / time.Second), Command: s.Command,
		Pod: s.Pod.Template(func(c *corev1.ContainerArgs, p *corev1.PodSpecArgs) {
			c.Command, p.RestartPolicy = nil, pulumi.String("Never")
		}),
	}
}
