package job

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/components/pod"
)

// Stage is one pod of a run, or several of the same where it fans out.
type Stage struct {
	Name  string   // letters, digits and dashes
	After []string // names of the stages that must have ended well before
	Pod   pod.Args
	// Fan is how many pods run the stage side by side; 0: one. Their commands hold
	// Part, which stands for the number of each, from 0.
	Fan        int
	Retries    int
	RetryDelay time.Duration
}

// Words in a stage's command that Argo replaces.
const (
	Part   = "{{inputs.parameters.part}}"
	Status = "{{workflow.status}}"
	Date   = "{{workflow.parameters.date}}" // that the run stands for; empty: the day of Due, or the day it was made on
	// Due is when the schedule started the run, in RFC 3339. In a workflow that a
	// person started Argo knows no such time, and leaves the word as it is.
	Due = "{{workflow.scheduledTime}}"
	// Run sorts by time, and is the same for all pods of a run.
	Run = "{{workflow.creationTimestamp.Y}}{{workflow.creationTimestamp.m}}{{workflow.creationTimestamp.d}}T" +
		"{{workflow.creationTimestamp.H}}{{workflow.creationTimestamp.M}}{{workflow.creationTimestamp.S}}Z-{{workflow.uid}}"
)

var stageForm = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`)

// checkStages returns every problem of the stages.
func (a *Args) checkStages() []error {
	var found []error
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("job %s: "+format, append([]any{a.Name}, args...)...))
	}
	known := map[string]bool{}
	for _, s := range a.Stages {
		switch {
		case !stageForm.MatchString(s.Name):
			say("stage %q: want letters, digits and dashes", s.Name)
		case known[s.Name]:
			say("stage %s is there twice", s.Name)
		}
		known[s.Name] = true
		for _, after := range s.After {
			if !known[after] {
				say("stage %s comes after %s, which does not come before it", s.Name, after)
			}
		}
		if s.Fan < 0 || s.Retries < 0 || s.Retries > 20 || s.Retries > 0 && s.RetryDelay < time.Second {
			say("stage %s: %d pods, %d retries after %s", s.Name, s.Fan, s.Retries, s.RetryDelay)
		}
		if s.Pod.ServiceAccount != a.Pod.ServiceAccount {
			say("stage %s runs as %s, and the job as %s", s.Name, s.Pod.ServiceAccount, a.Pod.ServiceAccount)
		}
		if err := s.Pod.Validate(); err != nil {
			say("stage %s: %w", s.Name, err)
		}
	}
	return found
}

// graph are the templates of the stages and the one that joins them.
func (r registration) graph() []template {
	main := template{Name: step, DAG: &dag{}}
	out := []template{main}
	for _, s := range r.Stages {
		t := podTemplate(s.Name, &s.Pod)
		t.RetryStrategy = retries(s.Retries, s.RetryDelay)
		one := task{Name: s.Name, Template: s.Name, Dependencies: s.After}
		if s.Fan > 0 {
			t.Inputs = &arguments{[]parameter{{Name: "part"}}}
			one.WithSequence = &sequence{strconv.Itoa(s.Fan)}
			item := "{{item}}"
			one.Arguments = &arguments{[]parameter{{Name: "part", Value: &item}}}
		}
		main.DAG.Tasks = append(main.DAG.Tasks, one)
		out = append(out, t)
	}
	if len(r.Finish) > 0 {
		end := r.Pod
		end.Command = r.Finish
		t := podTemplate(finish, &end)
		t.RetryStrategy = retries(3, 10*time.Second)
		out = append(out, t)
	}
	return out
}

// finish is the template that ends a run.
const finish = "finish"

// podTemplate is a template of one pod with all that it mounts.
func podTemplate(name string, p *pod.Args) template {
	return template{
		Name: name, Container: p.Container(), InitContainers: p.InitContainers(), Volumes: p.Volumes(),
		Metadata: &metadata{Labels: p.Labels, Annotations: p.Annotations()}, Affinity: p.Affinity(),
		Tolerations: p.Tolerations(), NodeSelector: p.NodeSelector,
	}
}
