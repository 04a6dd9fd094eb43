package endpoint

import (
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// Status is what an endpoint serves, or why it serves nothing.
type Status struct {
	Name    string `json:"name"`
	Model   string `json:"model"`
	Version int    `json:"version"` // 0: nothing is served
	Digest  string `json:"digest,omitempty"`
	Waiting string `json:"waiting,omitempty"` // why nothing is served
	Example string `json:"example,omitempty"` // a request body that works
	// Confinement is what holds the server of a pyfunc, and what this machine cannot
	// prevent of it; nil where the model scores by itself.
	Confinement *confine.Report `json:"confinement,omitempty"`
}

// unready is why nothing is served, in words for any client of the endpoint:
// what cannot be reached is named in the log alone.
func (e *Endpoint) unready() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.behind {
		return "the registry or the store cannot be reached; see the log"
	}
	return e.waiting
}

// Status returns what the endpoint serves now.
// The confinement is asked for before the lock is taken, so that mu and the lock of
// servers are never held together.
func (e *Endpoint) Status() Status {
	held := e.servers.confinement()
	e.mu.Lock()
	defer e.mu.Unlock()
	return Status{
		Name: e.cfg.Name, Model: e.spec.Model, Version: e.version.Version, Digest: e.version.ModelDigest,
		Waiting: e.waiting, Example: e.example,
		Confinement: held,
	}
}

// names lists what there is, for messages.
func names[T any](all map[string]T) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}
