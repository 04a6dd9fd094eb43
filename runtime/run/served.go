package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Served is the most memory that a process held which served a version, in bytes.
type Served struct {
	Blueprint  string    `json:"blueprint"`
	Endpoint   string    `json:"endpoint"`
	Model      string    `json:"model"`
	Version    int       `json:"version"`
	PeakMemory int64     `json:"peak_memory_bytes"`
	At         time.Time `json:"at"` // when it was measured
}

// servedPrefix is below what a pod that watches its traffic may write, and is removed with
// the windows of that traffic.
func servedPrefix(endpoint string) string { return "drift/" + endpoint + "/memory/" }

// SaveServed keeps the measure where it is more than what is kept of the version. Two
// processes may do so at once: the larger measure is then kept the next time.
func SaveServed(ctx context.Context, refs Refs, s Served) error {
	name := fmt.Sprintf("%s%s-%d", servedPrefix(s.Endpoint), s.Model, s.Version)
	kept, err := loadServed(ctx, refs, name)
	if err == nil && kept.PeakMemory >= s.PeakMemory {
		return nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("memory of endpoint %s: %w", s.Endpoint, err)
	}
	return refs.PutRef(ctx, name, b)
}

func loadServed(ctx context.Context, refs Refs, name string) (s Served, err error) {
	b, err := refs.GetRef(ctx, name)
	if err == nil {
		err = plan.Unmarshal(b, &s)
	}
	if err != nil {
		return s, fmt.Errorf("reference %s: %w", name, err)
	}
	return s, nil
}

// ListServed returns what is kept of the endpoint's versions, the newest measure first, at
// most limit. What cannot be read is left out.
func ListServed(ctx context.Context, refs Refs, endpoint string, limit int) ([]Served, error) {
	names, err := refs.ListRefs(ctx, servedPrefix(endpoint))
	if err != nil {
		return nil, fmt.Errorf("memory of endpoint %s: %w", endpoint, err)
	}
	var out []Served
	for _, name := range names {
		if s, err := loadServed(ctx, refs, name); err == nil {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Served) int { return b.At.Compare(a.At) })
	return out[:min(len(out), limit)], nil
}
