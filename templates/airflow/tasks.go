package airflow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// tasks makes a task of each pod of the run, and the edges between them. A stage
// that fans out is as many tasks, each of which comes before what the stage does.
func (d *dag) tasks(r Run) error {
	if len(r.Stages) == 0 {
		return errors.New("its run has no stages, and a DAG is made of stages")
	}
	d.Namespace = r.Namespace
	made := map[string][]string{} // stage -> its tasks
	for _, s := range r.Stages {
		for i := range max(1, s.Fan) {
			id := s.Name
			if s.Fan > 1 {
				id = fmt.Sprintf("%s-%d", s.Name, i)
			}
			one, err := d.task(id, s, i)
			if err != nil {
				return fmt.Errorf("stage %s: %w", s.Name, err)
			}
			for _, after := range s.After {
				if len(made[after]) == 0 {
					return fmt.Errorf("stage %s comes after %s, which does not come before it", s.Name, after)
				}
				for _, from := range made[after] {
					d.Edges = append(d.Edges, edge{from, id})
				}
			}
			d.Tasks = append(d.Tasks, one)
			made[s.Name] = append(made[s.Name], id)
		}
	}
	if r.Finish == nil {
		return nil
	}
	last, err := d.task(r.Finish.Name, *r.Finish, 0)
	if err != nil {
		return fmt.Errorf("stage %s: %w", r.Finish.Name, err)
	}
	last.Finish = true
	for _, t := range d.Tasks {
		if !slices.ContainsFunc(d.Edges, func(e edge) bool { return e.From == t.ID }) {
			d.Edges = append(d.Edges, edge{t.ID, last.ID})
		}
	}
	d.Tasks = append(d.Tasks, last)
	return nil
}

// task is one pod of the stage; part is its number where the stage fans out. The
// stage's pod is left as it is: the task has a copy.
func (d *dag) task(id string, s Stage, part int) (task, error) {
	out := task{ID: id, Retries: s.Retries, Delay: s.Delay}
	if s.Retries == 0 {
		out.Delay = d.Delay // nobody waits for it; Airflow asks for one
	}
	var err error
	if out.Command, err = said(s.Command, part); err != nil {
		return out, err
	}
	spec, _ := s.Pod["spec"].(map[string]any)
	containers, _ := spec["containers"].([]any)
	if len(containers) != 1 {
		return out, fmt.Errorf("its pod has %d containers: want one", len(containers))
	}
	container, _ := containers[0].(map[string]any)
	container = maps.Clone(container)
	if container == nil || container["command"] != nil {
		return out, errors.New("its pod has a command of its own: the stage has it")
	}
	container["name"] = "base" // the one that Airflow fills in and follows
	spec = maps.Clone(spec)
	spec["containers"] = []any{container}
	out.Pod = maps.Clone(s.Pod)
	out.Pod["apiVersion"], out.Pod["kind"], out.Pod["spec"] = "v1", "Pod", spec
	return out, nil
}
