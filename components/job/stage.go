package job

import (
	"errors"
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
	// Command is the whole command line; Pod says everything else, and its own
	// Command is not read.
	Command []Word
	Pod     pod.Args
	// Fan is how many pods run the stage side by side; 0: one. Their command has
	// Part in it, by which each knows its share.
	Fan        int
	Retries    int           // further attempts after one that broke
	RetryDelay time.Duration // before the second attempt; whole seconds
}

var stageForm = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`)

// checkStages returns every problem of the stages.
func (a *Args) checkStages() []error {
	var found []error
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("job %s: "+format, append([]any{a.Name}, args...)...))
	}
	known := map[string]bool{}
	for i := range a.Stages {
		s := &a.Stages[i]
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
		if err := errors.Join(s.checkWords(), s.argo().Validate()); err != nil {
			say("stage %s: %w", s.Name, err)
		}
	}
	if end := a.end(); end != nil {
		if err := end.checkWords(); err != nil {
			say("stage %s: %w", end.Name, err)
		}
	}
	return found
}

// graph are the templates of the stages and the one that joins them.
func (r registration) graph() []template {
	main := template{Name: step, DAG: &dag{}}
	out := []template{main}
	for i := range r.Stages {
		s := &r.Stages[i]
		t := s.template()
		t.Metadata.Labels = r.queued(t.Metadata.Labels)
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
	if end := r.end(); end != nil {
		out = append(out, end.template())
	}
	return out
}

// finish is the stage that ends a run.
const finish = "finish"

// end returns the stage that ends a run; nil where nothing does. It is repeated
// whatever the job says: a run whose end nobody heard of looks like one that runs.
func (a *Args) end() *Stage {
	if len(a.Finish) == 0 {
		return nil
	}
	return &Stage{Name: finish, Command: a.Finish, Pod: a.Pod, Retries: 3, RetryDelay: 10 * time.Second}
}

// argo returns the stage's pod with the command as Argo completes it.
func (s *Stage) argo() *pod.Args {
	p := s.Pod
	p.Command = forArgo(s.Command)
	return &p
}

// template is the stage in a workflow.
func (s *Stage) template() template {
	t := podTemplate(s.Name, s.argo())
	t.RetryStrategy = retries(s.Retries, s.RetryDelay)
	return t
}

// podTemplate is a template of one pod with all that it mounts.
func podTemplate(name string, p *pod.Args) template {
	var class *string
	if p.PriorityClass != "" {
		class = &p.PriorityClass
	}
	return template{
		PriorityClass: class,
		Name:          name, Container: p.Container(), InitContainers: p.InitContainers(), Volumes: p.Volumes(),
		Metadata: &metadata{Labels: p.Labels, Annotations: p.Annotations()}, Affinity: p.Affinity(),
		Tolerations: p.Tolerations(), NodeSelector: p.NodeSelector,
	}
}
