package blueprints

import (
	"errors"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// pipeline checks one pipeline and its stages.
func (r *refs) pipeline(name string) {
	p := r.plan.Pipelines[name]
	at := func(rest ...string) []string { return append([]string{"pipelines", name}, rest...) }
	switch _, taken := r.plan.Models[name]; {
	case p.Model != "":
		r.among("model", p.Model, keys(r.plan.Models), at("model")...)
	case len(p.Stages) == 0:
		r.say("the pipeline has neither a model nor stages", "name a model, or write stages", at()...)
	case taken:
		r.say(fmt.Sprintf("there is a model named %s too, and this pipeline is not its", name),
			"name the model, or give the pipeline another name", at()...)
	}
	r.duration(p.RetryDelay, at("retry_delay")...)
	r.atLeast(time.Second, p.Timeout, at("timeout")...)
	r.zoned(&p, at)
	r.schedule(p.Schedule, at("schedule")...)
	r.plan.Pipelines[name] = p
	for i, mail := range p.OnFailure.Email {
		r.email(mail, at("on_failure", "email", fmt.Sprint(i))...)
	}
	r.web(p.OnFailure.Webhook, true, at("on_failure", "webhook")...)
	r.builtins(name, p)
	r.stages(name, p)
}

// stages checks each stage by itself, then what they make, then the graph.
func (r *refs) stages(name string, p plan.Pipeline) {
	before := len(r.found)
	makers := map[string]string{}
	for _, stage := range keys(p.Stages) {
		r.stage(name, stage, p)
		r.made(name, stage, p, makers)
		r.protectedSources(name, stage, p)
	}
	r.learns(name, p)
	if len(r.found) > before {
		return
	}
	var cycle *plan.CycleError
	if _, err := r.plan.Graph(name); errors.As(err, &cycle) {
		path := []string{"pipelines", name}
		for _, stage := range cycle.Stages {
			if _, own := p.Stages[stage]; own {
				path = append(path, "stages", originOf(stage))
				break
			}
		}
		r.say(err.Error(), "take a dep or an out away", path...)
	}
}

// learns checks that a custom model and the stage that trains it go together.
func (r *refs) learns(name string, p plan.Pipeline) {
	m, ok := r.plan.Models[p.Model]
	if !ok {
		return
	}
	s, has := p.Stages[plan.StageTrain]
	switch at := []string{"pipelines", name, "stages"}; {
	case m.Algorithm != plan.Custom && has:
		r.say(fmt.Sprintf("model %s is trained by %s, so it cannot have a stage named train", p.Model, m.Algorithm),
			`say algorithm: "custom" and what its artifact is, or name the stage otherwise`,
			append(at, plan.StageTrain)...)
	case m.Algorithm == plan.Custom && !has:
		r.say(fmt.Sprintf("model %s is custom, but the pipeline has no stage train", p.Model),
			"write one that makes "+artifactOf(m), at[:2]...)
	case has && m.Artifact != nil:
		for _, out := range s.Outs {
			if s.At(out) == m.Artifact.Path {
				return
			}
		}
		r.say(fmt.Sprintf("the artifact of model %s is %s, which is not an out of this stage", p.Model,
			m.Artifact.Path), "", append(at, plan.StageTrain, "outs")...)
	}
}

func artifactOf(m plan.Model) string {
	if m.Artifact == nil {
		return "its artifact"
	}
	return m.Artifact.Path
}

// custom checks that some pipeline trains a custom model.
func (r *refs) custom(name string, m *plan.Model) {
	at := []string{"models", name}
	if m.Artifact == nil {
		return // the schema has said so
	}
	r.clean("", m.Artifact.Path, false, append(at, "artifact", "path")...)
	r.image(m.Artifact.Image, append(at, "artifact", "image")...)
	if m.Search != nil || m.CrossValidation != nil {
		r.say("search and cross_validation are of the built-in algorithms",
			"search in the stage that trains the model", at...)
	}
	if len(m.Params) > 0 {
		r.say("a custom model takes no params", "give them to its pipeline", append(at, "params")...)
	}
	for _, line := range r.plan.Pipelines {
		if line.Model == name {
			return
		}
	}
	r.say(fmt.Sprintf("no pipeline trains model %s", name), "add a pipeline with model: \""+name+
		"\" and a stage train", at...)
}
