package aws

import (
	"github.com/ashlar-dev/ashlar/components/queue"
)

// localQueue is the name of the LocalQueue in each blueprint's namespace.
const localQueue = "pipelines"

// queue is what the pipelines' runs wait in, "" where the config names no quota.
func (s *site) queue() string {
	if s.cfg.ClusterQueue == "" {
		return ""
	}
	return localQueue
}

// queues registers the queue before the jobs that wait in it.
func (s *site) queues() error {
	if s.queue() == "" || len(s.plan.Pipelines) == 0 {
		return nil
	}
	q, err := queue.New(s.ctx, s.name("queue"), &queue.Args{
		Namespace: s.namespace, Name: localQueue, ClusterQueue: s.cfg.ClusterQueue,
		Labels: s.labels("queue", localQueue), After: s.ready,
	}, s.options()...)
	if err != nil {
		return err
	}
	s.ready = append(s.ready, q)
	return nil
}
