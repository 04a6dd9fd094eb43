// Package scheduler runs the nodes of a graph: each once all that it waits for have succeeded, as many side by side as
// a limit lets.
//
// It knows names and edges and nothing else. What a node does, what is recorded of it and how its failure reads is said
// by the function that it is given. So the order of a pipeline can be tested without a store, a plan or a clock, over
// every small graph that there is.
package scheduler

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Failure is a node that has not succeeded.
type Failure struct {
	Node int // its index among the nodes that New was given
	Err  error
}

// Run calls do for every node, by the node's index. A call begins once the calls for all nodes that it waits for have
// returned nil, and while fewer than limit calls are under way; a limit below one means one. Nodes that may begin do so
// in the order in which they became ready, those that became ready together in the order that New was given.
//
// After a failure, and once ctx is done, no call begins. Calls that are under way are waited for, with the context that
// they have: what they make is as good as any and need not be made again. Run returns what has failed, in the order in
// which it ended; nil means that every node has succeeded. Where ctx ended the work and no call had failed, the failure
// is of the first node that has not begun, and its error is the context's cause.
//
// do is called on goroutines of its own, several at once. A graph may be run many times, also at the same time.
func (g *Graph) Run(ctx context.Context, limit int, do func(ctx context.Context, node int) error) []Failure {
	var (
		failures []Failure
		waits    = g.waits()
		begun    = make([]bool, len(g.nodes))
		ended    = make(chan Failure) // Err is nil where the node has succeeded
		running  = 0
	)
	ready := roots(waits)
	for {
		for len(ready) > 0 && running < max(limit, 1) && len(failures) == 0 && ctx.Err() == nil {
			node := ready[0]
			ready, begun[node] = ready[1:], true
			running++
			go func() {
				defer crash.Guard()
				ended <- Failure{node, do(ctx, node)}
			}()
		}
		if running == 0 {
			break
		}
		end := <-ended
		running--
		if end.Err != nil {
			failures = append(failures, end)
			continue
		}
		for _, next := range g.next[end.Node] {
			if waits[next]--; waits[next] == 0 {
				ready = append(ready, next)
			}
		}
	}
	if len(failures) > 0 {
		return failures
	}
	for node := range begun {
		if !begun[node] { // the graph has no cycle, so only ctx can have kept it from beginning
			return []Failure{{node, context.Cause(ctx)}}
		}
	}
	return nil
}

// roots are the nodes that wait for none.
func roots(waits []int) []int {
	var out []int
	for node, n := range waits {
		if n == 0 {
			out = append(out, node)
		}
	}
	return out
}
