//go:build integration

package cluster

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
)

// train runs the pipeline now, as its people would, and waits for its end.
func (s *site) train(t *testing.T) {
	t.Helper()
	if !s.argo {
		s.job(t, pipeline)
		return
	}
	s.ended(t, s.submit(t))
}

// submit starts a run of the pipeline and returns the workflow.
func (s *site) submit(t *testing.T) string {
	t.Helper()
	const run = `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "%[1]s-"}, "spec": {"workflowTemplateRef": {"name": %[1]q}}}`
	return strings.TrimSpace(s.must(t, fmt.Sprintf(run, pipeline), "-n", s.namespace,
		"create", "-f", "-", "-o", "name"))
}

// ended waits until the workflow has succeeded.
func (s *site) ended(t *testing.T, name string) {
	t.Helper()
	eventually(t, patience, func() error {
		w := get[struct {
			Status struct{ Phase, Message string }
		}](t, s.ground, "-n", s.namespace, name)
		switch w.Status.Phase {
		case "Succeeded":
			return nil
		case "Failed", "Error":
			t.Fatalf("%s: %s: %s", name, w.Status.Phase, w.Status.Message)
		}
		return fmt.Errorf("%s: %s", name, w.Status.Phase)
	})
}

// job runs a CronJob now and waits for its end. It returns the Job's name.
func (s *site) job(t *testing.T, cron string) string {
	t.Helper()
	name := cron + "-" + strings.ToLower(rand.Text()[:6])
	s.must(t, "", "-n", s.namespace, "create", "job", name, "--from=cronjob/"+cron)
	eventually(t, patience, func() error {
		j := get[struct {
			Status struct {
				Conditions []struct{ Type, Status, Message string }
			}
		}](t, s.ground, "-n", s.namespace, "job", name)
		for _, c := range j.Status.Conditions {
			switch {
			case c.Type == "Complete" && c.Status == "True":
				return nil
			case c.Type == "Failed" && c.Status == "True":
				t.Fatalf("job %s: %s", name, c.Message)
			}
		}
		return fmt.Errorf("job %s has not ended", name)
	})
	return name
}
