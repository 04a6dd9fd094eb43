package registry

import (
	"context"
	"errors"
	"fmt"
)

// Release is an entry about the release of a version behind an endpoint: what
// happened to it, or what a person wants to happen.
type Release struct {
	Endpoint string
	Model    string
	Version  int
	What     string // a word, such as "abort"
	Reason   string
}

// Releases is what the audit log says of releases.
type Releases struct{ r *Registry }

// Releases returns what the log says of releases.
func (r *Registry) Releases() Releases { return Releases{r} }

// Record notes what happened to a release. The endpoint is who did it.
func (l Releases) Record(ctx context.Context, e Release) error {
	if e.Endpoint == "" {
		return errors.New("registry: no endpoint is named as releasing")
	}
	return l.append(ctx, ActionRelease, "endpoint:"+e.Endpoint, e)
}

// Steer notes what a person wants to happen to a release. Whoever serves the
// endpoint acts on it; see Steered.
func (l Releases) Steer(ctx context.Context, by string, e Release) error {
	by, err := Person(by)
	if err != nil {
		return fmt.Errorf("release of endpoint %s: %w", e.Endpoint, err)
	}
	return l.append(ctx, ActionSteer, by, e)
}

func (l Releases) append(ctx context.Context, action, actor string, e Release) error {
	return l.r.change(ctx, func(c *change) error {
		details := map[string]any{"endpoint": e.Endpoint, "what": e.What}
		if e.Reason != "" {
			details["reason"] = e.Reason
		}
		_, err := c.append(ctx, event{Actor: actor, Action: action, Model: e.Model, Version: e.Version,
			Details: details})
		return err
	})
}

// Steering is what a person wants of a release, and the number of the entry.
type Steering struct {
	Release
	Seq int64
	By  string
}

// Steered returns what was wanted of the endpoint's releases since the entry of that
// number, oldest first, and the newest entry's number.
func (l Releases) Steered(ctx context.Context, endpoint string, after int64) ([]Steering, int64, error) {
	head, err := l.r.Head(ctx)
	if err != nil || head <= after {
		return nil, max(head, after), err
	}
	entries, err := l.r.Audit(ctx, Filter{Action: ActionSteer, After: after})
	if err != nil {
		return nil, after, err
	}
	var out []Steering
	for _, e := range entries {
		head = max(head, e.Seq)
		text := func(k string) string { s, _ := e.Details[k].(string); return s }
		if text("endpoint") == endpoint {
			out = append(out, Steering{Seq: e.Seq, By: e.Actor, Release: Release{Endpoint: endpoint, Model: e.Model,
				Version: e.Version, What: text("what"), Reason: text("reason")}})
		}
	}
	return out, head, nil
}
