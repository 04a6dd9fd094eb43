package govern

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Recorded says how evidence compares with what a registry recorded.
type Recorded struct {
	// Version is the registry's number of the version that the evidence is of;
	// 0 where the registry has none with its model and data.
	Version int
	// Whole is whether the version was registered there, so that all of the
	// evidence was compared: where it was trained and what was decided too. Where
	// it was trained again, only what was measured can be compared.
	Whole bool
	Wrong []string // what differs; empty: nothing does
}

// maxWrong is how many differences are listed one by one.
const maxWrong = 8

// place are the fields of a candidate that differ between registries of one model.
var place = []string{"environment", "run_id", "plan_digest", "author", "trained_at", "approval", "data.source"}

// Register is what a registry has of one model.
type Register struct {
	Versions []registry.Version
	Log      []registry.Entry // of the model: a version's record is renewed, and the log keeps what it was
	// Home is whether it is known to be the registry that the evidence was
	// written from. Otherwise a version of another run is the model trained again.
	Home bool
}

// Compare checks the evidence against what a registry recorded. Evidence has a
// digest of itself only, which whoever edits it computes again; a registry's record
// is covered by its log.
//
// Several versions and several records of one may have the same model and data.
// The version that was registered here is compared if there is one, by the record
// that differs least, the newest of equals: the evidence was written at some time,
// and the record may have been renewed since. Otherwise the closest decides.
func (p Promotion) Compare(r Register) (Recorded, error) {
	var out Recorded
	said, err := leaves(p.Version.Candidate)
	if err != nil {
		return out, err
	}
	best := -1
	for _, v := range r.Versions {
		if v.ModelDigest != p.Version.ModelDigest || v.Data.Digest != p.Version.Data.Digest {
			continue
		}
		records, err := r.records(v)
		if err != nil {
			return out, err
		}
		whole := v.Version == p.Version.Version && (r.Home || v.RunID == p.Version.RunID)
		for _, has := range records { // oldest first
			wrong := differing(said, has, whole)
			if best < 0 || whole && !out.Whole || len(wrong) <= best {
				best, out = len(wrong), Recorded{Version: v.Version, Whole: whole, Wrong: wrong}
			}
		}
		if out.Whole {
			out.Wrong = append(out.Wrong, p.decided(v)...)
			break
		}
	}
	if more := len(out.Wrong) - maxWrong; more > 0 {
		out.Wrong = append(out.Wrong[:maxWrong], fmt.Sprintf("and %d more", more))
	}
	return out, nil
}

// records are the version's records by the log, oldest first, as leaves.
// A version that the log knows nothing of is an error, as the log has every record.
func (r Register) records(v registry.Version) ([]map[string]any, error) {
	var out []map[string]any
	for _, e := range r.Log {
		if e.Version != v.Version || e.Action != registry.ActionRegister && e.Action != registry.ActionRenew {
			continue
		}
		has, err := leaves(e.Details["record"])
		if err != nil {
			return nil, err
		}
		out = append(out, has)
	}
	if out == nil {
		return nil, fmt.Errorf("the registry's log has no record of %s version %d; run `ashlar model audit --verify`",
			v.Model, v.Version)
	}
	return out, nil
}

// ofPlace is whether the leaf belongs to a field of place.
func ofPlace(leaf string) bool {
	return slices.ContainsFunc(place, func(field string) bool {
		return leaf == field ||
			strings.HasPrefix(leaf, field+".")
	})
}

// decided compares the decisions: those of the evidence are the first that the
// registry recorded, and nobody has rejected the version since.
// Approvals that were added since are no difference: evidence is of its time.
func (p Promotion) decided(record registry.Version) []string {
	var out []string
	said := p.Version.Decisions
	for i, d := range said {
		if i >= len(record.Decisions) {
			out = append(out, fmt.Sprintf("it says %s by %q, and nobody of that name decided there", d.Verdict, d.By))
			continue
		}
		if r := record.Decisions[i]; d.Verdict != r.Verdict || d.By != r.By ||
			d.Comment != r.Comment || !d.At.Equal(r.At) {
			out = append(out, fmt.Sprintf("it says %s by %q, the registry recorded %s by %q",
				d.Verdict, d.By, r.Verdict, r.By))
		}
	}
	since := record.Decisions[min(len(said), len(record.Decisions)):]
	for _, r := range since {
		if r.Verdict == registry.Rejected {
			out = append(out, fmt.Sprintf("it was rejected by %q since", r.By))
		}
	}
	if len(since) == 0 && p.Version.Status != record.Status {
		out = append(out, fmt.Sprintf("it says %s, the registry has it as %s", p.Version.Status, record.Status))
	}
	if !p.Version.CreatedAt.Equal(record.CreatedAt) {
		out = append(out, "its time of registration differs")
	}
	return out
}

// leaves are the values of v's JSON by their dotted path.
// Comparing them, rather than structs, names the very field that differs, and
// treats evidence and log, which are decoded differently, alike. Lists are by
// position; empty objects and lists have no leaves.
func leaves(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	out := map[string]any{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, child := range v {
				walk(joined(path, name), child)
			}
		case []any:
			for i, child := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), child)
			}
		default:
			out[path] = v
		}
	}
	walk("", tree)
	return out, nil
}

// joined is the path of a child.
func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// differing are the leaves that differ, those of place only where the whole of
// the evidence is compared.
func differing(said, has map[string]any, whole bool) []string {
	var out []string
	all := maps.Clone(said)
	maps.Copy(all, has)
	for _, leaf := range slices.Sorted(maps.Keys(all)) {
		if !whole && ofPlace(leaf) {
			continue
		}
		s, inSaid := said[leaf]
		h, inHas := has[leaf]
		switch {
		case !inSaid:
			out = append(out, fmt.Sprintf("%s is missing, the registry recorded %v", leaf, h))
		case !inHas:
			out = append(out, fmt.Sprintf("%s is %v, the registry recorded none", leaf, s))
		case !reflect.DeepEqual(s, h):
			out = append(out, fmt.Sprintf("%s is %v, the registry recorded %v", leaf, s, h))
		}
	}
	return out
}
