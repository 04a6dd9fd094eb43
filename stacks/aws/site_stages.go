package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// subject are the flags that name the pipeline's runs: by the model where the pipeline
// only trains it, since its results are shared with every other way to train that
// model.
func (s *site) subject(name string) []string {
	if u := s.plan.UnitFor(name); u.Pipeline == "" {
		return []string{"--model", u.Model}
	}
	return []string{"--pipeline", name}
}

// nodes are the stages of the pipeline's runs.
func (s *site) nodes(name string) ([]plan.Node, error) {
	if s.plan.UnitFor(name).Pipeline == "" {
		return plan.ModelGraph(), nil
	}
	return s.plan.Graph(name)
}

var notInTask = regexp.MustCompile(`[^a-zA-Z0-9-]+`)

// taskName is a stage's name as Argo may have it. One that loses something gets
// a mark, so that no two become one.
func taskName(stage string) string {
	plain := notInTask.ReplaceAllString(stage, "-")
	if plain == stage {
		return plain
	}
	return plain[:min(len(plain), 100)] + "-" + strings.TrimPrefix(plan.DigestBytes([]byte(stage)), "sha256:")[:8]
}

// stages are the pipeline's stages as pods: of the runtime's image, or of the stage's
// own, into which the runtime is brought. One that fans out is two: the parts side by
// side, and the stage itself, which waits for them and puts their results together.
// The list is in the order of the graph, so that a stage comes after those that it
// waits for.
func (s *site) stages(name string, base *pod.Args) ([]job.Stage, error) {
	nodes, err := s.nodes(name)
	if err != nil {
		return nil, err
	}
	var out []job.Stage
	for _, n := range nodes {
		one := job.Stage{Name: taskName(n.Name)}
		for _, a := range n.After {
			one.After = append(one.After, taskName(a))
		}
		again, delay, err := s.plan.Pipelines[name].Attempts(n.Custom)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", n.Name, err)
		}
		one.Retries, one.RetryDelay = again, wholeSeconds(delay)
		if one.Pod, err = s.stagePod(name, n, base); err != nil {
			return nil, fmt.Errorf("stage %s: %w", n.Name, err)
		}
		one.Pod.Interruptible = again > 0 // the engine starts it again
		one.Command = s.command(name, one.Pod.Command[0], "stage",
			append(job.Text("--stage", n.Name, "--run"), job.Word{Value: job.Run})...)
		if parts := s.plan.FanOut(s.plan.UnitFor(name), n.Name); parts > 0 {
			part := one
			part.Name, part.Fan = one.Name+"-parts", parts
			part.Command = append(slices.Clone(one.Command), job.Word{Before: "--part"},
				job.Word{Value: job.Part, After: "/" + strconv.Itoa(parts)})
			out = append(out, part)
			one.After = append(slices.Clone(one.After), part.Name)
			one.Command = append(slices.Clone(one.Command), job.Text("--parts", strconv.Itoa(parts))...)
		}
		out = append(out, one)
	}
	return out, nil
}

// command is the command line of one duty of a pipeline's run: the pipeline, what
// the duty asks for besides, and the day that the run is about. Every engine completes the same words.
func (s *site) command(name, binary, duty string, more ...job.Word) []job.Word {
	out := append(job.Text(append([]string{binary, duty}, s.subject(name)...)...), more...)
	return append(out, job.Word{Before: "--date=", Value: job.Date}, job.Word{Before: "--due=", Value: job.Due})
}

// stagePod is the pod of one stage; its command is the runtime's binary. None but
// register's is told of the database.
func (s *site) stagePod(name string, n plan.Node, base *pod.Args) (pod.Args, error) {
	line := s.plan.Pipelines[name]
	p := *base
	p.Command = []string{pod.Binary}
	given := line.Given(n)
	p.CPU, p.Memory, p.GPU = given.CPU, given.Memory, given.GPU
	if n.Name == plan.StageRegister {
		p.Labels = object.With(p.Labels, labelDuty, registers)
	} else {
		p = withoutDatabase(p)
	}
	if n.Custom == nil {
		own := line.Builtin[n.Name]
		place(&p, own.NodeSelector, own.Tolerations)
		switch model := line.Model; n.Name {
		case plan.StageIngest:
			s.withKeys(model, &p)
		case plan.StageEvaluate:
			s.scoring(model, &p)
		}
		return p, nil
	}
	if n.Custom.Image == "" {
		return p, fmt.Errorf("it has no image to run in on a cluster: add image: \"registry/name@sha256:...\" to the stage")
	}
	p.Runtime, p.Image = base.Image, pulumi.String(n.Custom.Image)
	p.Command[0] = pod.Installed
	place(&p, n.Custom.NodeSelector, n.Custom.Tolerations)
	if s.code != nil {
		p.Code = s.code
		p.Env = maps.Clone(p.Env)
		p.Env["ASHLAR_CODE"] = pulumi.String(pod.CodeDir)
	}
	return p, nil
}

// place says on which nodes the pod runs.
func place(p *pod.Args, selector map[string]string, tolerations []plan.Toleration) {
	p.NodeSelector, p.Tolerate = selector, nil
	for _, t := range tolerations {
		p.Tolerate = append(p.Tolerate, pod.Toleration(t))
	}
}

// together are the nodes of a pod that runs all built-in stages of the pipeline: they
// must carry the labels that any of the stages asks for.
func together(line plan.Pipeline) (map[string]string, []plan.Toleration, error) {
	selector := map[string]string{}
	var tolerations []plan.Toleration
	for _, stage := range sorted(line.Builtin) {
		own := line.Builtin[stage]
		for _, key := range sorted(own.NodeSelector) {
			if value, taken := selector[key]; taken && value != own.NodeSelector[key] {
				return nil, nil, fmt.Errorf("its stages have node_selector %s=%s and %s=%s, but one pod runs them all: "+
					"set pipelines to %q for a pod a stage", key, value, key, own.NodeSelector[key], config.PipelinesArgo)
			}
			selector[key] = own.NodeSelector[key]
		}
		for _, t := range own.Tolerations {
			if !slices.Contains(tolerations, t) {
				tolerations = append(tolerations, t)
			}
		}
	}
	return selector, tolerations, nil
}

// withoutDatabase takes the way to the database away: a stage whose code is a user's
// has no business with who approved which model. The variables and Secrets of other
// pods made of the same arguments stay.
func withoutDatabase(p pod.Args) pod.Args {
	p.Env = maps.Clone(p.Env)
	for key := range p.Env {
		if strings.HasPrefix(key, "ASHLAR_DATABASE") {
			delete(p.Env, key)
		}
	}
	p.Secrets = slices.DeleteFunc(slices.Clone(p.Secrets),
		func(one pod.Secret) bool { return strings.HasPrefix(one.Variable, "ASHLAR_DATABASE") })
	return p
}

// scoring puts a pod that scores into the image of a model that only somebody
// else's code can score, and brings the runtime into it.
func (s *site) scoring(model string, p *pod.Args) {
	a := s.plan.Models[model].Artifact
	if a == nil || a.Flavor != plan.PyFunc || a.Image == "" {
		return
	}
	p.Runtime, p.Image = p.Image, pulumi.String(a.Image)
	p.Command = append([]string{pod.Installed}, p.Command[1:]...)
}
