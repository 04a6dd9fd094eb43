package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// Beside is what one process has counted of the versions that it has beside its own, by
// the variant's name. Instance tells processes apart, also two of one pod.
type Beside struct {
	Instance string                   `json:"instance"`
	Versions map[string]judge.Counted `json:"versions"`
}

const (
	maxInstance = 256 // bytes
	maxVersions = 32
)

// Tell answers ObservationsPath with what own returns. Nobody is asked for a verdict
// there: who released the versions has to gather what all pods say.
func Tell(own func() Beside) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != ObservationsPath {
			reply(w, http.StatusNotFound, map[string]string{"error": "this pod has every version of its endpoint: " +
				"who releases them judges, by GET " + ObservationsPath + " of each pod"})
			return
		}
		reply(w, http.StatusOK, own())
	})
}

// Gather asks the pods, by their URLs, and returns what they say and how many said
// nothing that can be used.
func Gather(ctx context.Context, client Client, pods []string) ([]Beside, int, error) {
	if len(pods) > maxPods {
		return nil, 0, fmt.Errorf("the endpoint has %d pods; at most %d are asked", len(pods), maxPods)
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var all []Beside
	for _, pod := range pods {
		group.Go(func() error {
			defer crash.Guard()
			text, err := get(ctx, client, pod)
			if err != nil {
				return nil // it is silent
			}
			told, err := decodeBeside(text)
			if err == nil {
				mu.Lock()
				all = append(all, told)
				mu.Unlock()
			}
			return nil
		})
	}
	err := group.Wait()
	return all, len(pods) - len(all), err
}

// decodeBeside reads what Tell writes, and errs where it could not have been counted.
func decodeBeside(text []byte) (Beside, error) {
	var b Beside
	if err := json.Unmarshal(text, &b); err != nil {
		return b, err
	}
	if b.Instance == "" || len(b.Instance) > maxInstance || len(b.Versions) > maxVersions {
		return b, fmt.Errorf("a report with an instance of %d bytes and %d versions", len(b.Instance), len(b.Versions))
	}
	for name, c := range b.Versions {
		if c.Observations == nil {
			return b, errors.New(name + ": no observations")
		}
		if err := c.Observations.Validate(); err != nil {
			return b, fmt.Errorf("%s: %w", name, err)
		}
	}
	return b, nil
}
