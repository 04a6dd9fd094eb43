//go:build integration

package cluster

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTeamsWaitForTheirOwnQuota runs the pipelines of two teams at once under Kueue, each
// team with a quota of one pod: one has a blueprint whose runs are Jobs and one whose
// runs are workflows, of which each stage waits by itself. What a team runs goes one
// after the other, and the other team does not wait for it.
func TestTeamsWaitForTheirOwnQuota(t *testing.T) {
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	for _, name := range []string{"kueue", "kueue-config"} {
		if _, err := os.Stat(filepath.Join(tools, name)); err != nil {
			t.Skipf("skipped: there is no %s in ASHLAR_TEST_TOOLS; `make queues` builds it", name)
		}
	}
	g := find(t)
	if !g.has(t, "workflowtemplates.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	g.kueue(t, tools)
	jobs, flows := g.inQueue(t, "busy", false), g.inQueue(t, "busy", true)
	other := g.inQueue(t, "other", false)
	g.clusterQueue(t, "busy", jobs.namespace, flows.namespace)
	g.clusterQueue(t, "other", other.namespace)
	for _, s := range []*site{jobs, flows, other} {
		s.queued(t)
	}

	names := []string{jobs.begun(t), jobs.begun(t)}
	run, single := flows.submit(t), other.begun(t)
	for _, name := range names {
		jobs.completed(t, name)
	}
	other.completed(t, single)
	flows.ended(t, run)

	stages, busy := flows.admitted(t), jobs.admitted(t)
	// The last pod of a run, which tells people of its end, does not wait.
	if len(busy) != 2 || len(stages) < 3 {
		t.Fatalf("%d Jobs and %d stages waited in the queue", len(busy), len(stages))
	}
	busy = append(busy, stages...)
	slices.SortFunc(busy, func(a, b admission) int {
		return cmp.Or(a.Admitted.Compare(b.Admitted), a.Finished.Compare(b.Finished))
	})
	waited := 0
	for i := 1; i < len(busy); i++ {
		if busy[i].Admitted.Before(busy[i-1].Finished) {
			t.Errorf("the quota is of one pod: %+v began before %+v had ended", busy[i], busy[i-1])
		}
		if busy[i].Created.Before(busy[i-1].Finished) {
			waited++
		}
	}
	if waited < 2 {
		t.Errorf("only %d of %d waited for another; the test proves little", waited, len(busy))
	}
	for _, one := range other.admitted(t) {
		if !one.Admitted.Before(busy[2].Admitted) {
			t.Errorf("the other team waited for this one's quota: %+v", one)
		}
	}
}

// inQueue deploys the example for the ClusterQueue. What serves is taken away: this test
// needs the machine for pipelines.
func (g ground) inQueue(t *testing.T, queue string, argo bool) *site {
	t.Helper()
	s := renderOf(t, g, example, argo, "clusterQueue="+queue)
	s.bring(t, s.server.keys)
	s.must(t, "", append([]string{"apply"}, s.applied()...)...)
	s.upload(t, s.server.location())
	s.must(t, "", "-n", s.namespace, "delete", "hpa,deployments", "--all")
	if argo {
		s.must(t, "", "-n", s.namespace, "delete", "rollouts", "--all")
	}
	return s
}

// queued waits until runs can begin.
func (s *site) queued(t *testing.T) {
	t.Helper()
	s.migrated(t)
	s.must(t, "", "-n", s.namespace, "wait", "--for=condition=Active", "--timeout=60s", "localqueue/pipelines")
}

// begun starts the pipeline's Job and returns its name.
func (s *site) begun(t *testing.T) string {
	t.Helper()
	name := pipeline + "-" + strings.ToLower(rand.Text()[:6])
	s.must(t, "", "-n", s.namespace, "create", "job", name, "--from=cronjob/"+pipeline)
	return name
}

// completed waits for the Job's end.
func (s *site) completed(t *testing.T, name string) {
	t.Helper()
	s.must(t, "", "-n", s.namespace, "wait", "--for=condition=Complete", "--timeout=300s", "job/"+name)
}

// admission is when what waits in the queue came, had its quota and gave it back.
type admission struct {
	Name                        string
	Created, Admitted, Finished time.Time
}

// admitted returns the namespace's admissions once all of them have ended.
func (s *site) admitted(t *testing.T) []admission {
	t.Helper()
	var out []admission
	eventually(t, time.Minute, func() error {
		out = out[:0]
		for _, w := range get[struct{ Items []workload }](t, s.ground, "-n", s.namespace, "workloads").Items {
			one := admission{Name: w.Metadata.Name, Created: w.Metadata.CreationTimestamp,
				Admitted: w.since("Admitted"), Finished: w.since("Finished")}
			if one.Admitted.IsZero() || one.Finished.IsZero() {
				return fmt.Errorf("%+v has not ended", w)
			}
			out = append(out, one)
		}
		return nil
	})
	return out
}

// workload is Kueue's object for a Job or a pod.
type workload struct {
	Metadata struct {
		Name              string
		CreationTimestamp time.Time
	}
	Status struct {
		Conditions []struct {
			Type, Status, Message string
			LastTransitionTime    time.Time
		}
	}
}

// since is when the condition came true, zero where it is not.
func (w workload) since(condition string) time.Time {
	for _, c := range w.Status.Conditions {
		if c.Type == condition && c.Status == "True" {
			return c.LastTransitionTime
		}
	}
	return time.Time{}
}
