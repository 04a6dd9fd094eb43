package registry

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// who lists what was served at a time as "endpoint model version".
func who(t *testing.T, r *Registry, endpoint string, at time.Time) map[string]int {
	t.Helper()
	all, err := r.ServedAt(t.Context(), endpoint, at)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, s := range all {
		if _, twice := out[s.Endpoint]; twice {
			t.Errorf("%s serves two versions at %s", s.Endpoint, at)
		}
		out[s.Endpoint] = s.Version
	}
	return out
}

// TestAtEveryMomentAnEndpointServesOneVersionOrNone asks at the very moments
// that the log has, and a nanosecond before each.
func TestAtEveryMomentAnEndpointServesOneVersionOrNone(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		ctx := t.Context()
		for n, d := range []string{"1", "2"} {
			register(t, r, candidate("m", d))
			if _, err := r.Approve(ctx, "m", n+1, Decision{By: "grace"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(
			r.RecordServing(ctx, "a", "m", 1, digest("1")), r.RecordServing(ctx, "b", "m", 1, digest("1")),
			r.RecordServing(ctx, "a", "m", 2, digest("2")), r.StopServing(ctx, "b"),
			r.RecordServing(ctx, "b", "m", 2, digest("2")),
		); err != nil {
			t.Fatal(err)
		}
		entries, err := r.Audit(ctx, Filter{After: 4})
		if err != nil || len(entries) != 5 {
			t.Fatalf("%d entries of serving, %v", len(entries), err)
		}
		before := map[string]int{}
		for i, want := range []map[string]int{{"a": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 1},
			{"a": 2}, {"a": 2, "b": 2}} {
			at := entries[i].Time
			if diff := cmp.Diff(want, who(t, r, "", at)); diff != "" {
				t.Errorf("at the moment of entry %d\n%s", entries[i].Seq, diff)
			}
			if diff := cmp.Diff(before, who(t, r, "", at.Add(-1))); diff != "" {
				t.Errorf("a nanosecond before entry %d\n%s", entries[i].Seq, diff)
			}
			elsewhere := at.In(time.FixedZone("elsewhere", -9*3600))
			if got := who(t, r, "a", elsewhere); got["a"] != want["a"] || len(got) != 1 {
				t.Errorf("a at %s: %v", elsewhere, got)
			}
			before = want
		}
		if got := who(t, r, "nobody", entries[4].Time); len(got) > 0 {
			t.Errorf("an endpoint that there is not serves %v", got)
		}
		verify(t, r)
	})
}

func TestARejectedVersionIsNotServedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		ctx := t.Context()
		register(t, r, candidate("m", "1"))
		if _, err := r.Approve(ctx, "m", 1, Decision{By: "grace"}); err != nil {
			t.Fatal(err)
		}
		if err := r.RecordServing(ctx, "e", "m", 1, digest("1")); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Reject(ctx, "m", 1, Decision{By: "linus"}); err != nil {
			t.Fatal(err)
		}
		for _, endpoint := range []string{"e", "other"} {
			if err := r.RecordServing(ctx, endpoint, "m", 1, digest("1")); !errors.Is(err, ErrNotApproved) {
				t.Errorf("%s serves a rejected version: %v", endpoint, err)
			}
		}
		if err := r.RecordServing(ctx, "", "m", 1, digest("1")); err == nil || errors.Is(err, ErrNotApproved) {
			t.Errorf("an endpoint without a name: %v", err)
		}
		verify(t, r)
	})
}
