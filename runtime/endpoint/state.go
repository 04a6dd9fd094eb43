package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// What the windows of a version are called in the store:
//
//	drift/ENDPOINT/MODEL-VERSION                        of a sole process
//	drift/ENDPOINT/MODEL-VERSION/segments/TIME-REPLICA-COUNT
//	                                                    gathered by a replica
//	drift/ENDPOINT/MODEL-VERSION/judged                 what Judge knows
//	drift/ENDPOINT/MODEL-VERSION/verdicts               what it says, for replicas to show
//	drift/ENDPOINT/MODEL-VERSION/open                   and of the window that is still open
func versionRef(endpoint, model string, version int) string {
	return fmt.Sprintf("drift/%s/%s-%d", endpoint, model, version)
}

func judgedRef(endpoint, model string, version int) string {
	return versionRef(endpoint, model, version) + "/judged"
}

func verdictsRef(endpoint, model string, version int) string {
	return versionRef(endpoint, model, version) + "/verdicts"
}

func openRef(endpoint, model string, version int) string {
	return versionRef(endpoint, model, version) + "/open"
}

// segmentTime makes segments' names sort by time. The count keeps those of one
// time apart.
const segmentTime = "20060102T150405.000000000Z"

// segmentRef names a segment. The replica is a pod's or a host's name and may have
// dashes, so a name is not split into its parts again; only its folder is read.
func segmentRef(endpoint, model string, version int, at time.Time, replica string, count int) string {
	return fmt.Sprintf("%s/segments/%s-%s-%d", versionRef(endpoint, model, version),
		at.UTC().Format(segmentTime), replica, count)
}

// segmentOf reads a segment's name; ok is false for any other.
// A model's name may have dashes too, which is why the last one is looked for.
func segmentOf(endpoint, name string) (model string, version int, ok bool) {
	rest, ok := strings.CutPrefix(name, "drift/"+endpoint+"/")
	folder, _ := path.Split(rest)
	subject, found := strings.CutSuffix(folder, "/segments/")
	at := strings.LastIndexByte(subject, '-')
	if !ok || !found || at <= 0 {
		return "", 0, false
	}
	version, err := strconv.Atoi(subject[at+1:])
	return subject[:at], version, err == nil && version > 0
}

// judged is what Judge knows of a version's traffic. It is written in one
// piece, so a judge that is killed has either judged segments or not.
type judged struct {
	Snapshot json.RawMessage `json:"snapshot,omitempty"` // of the monitor
	Window   int64           `json:"window"`             // the newest that was judged
	// Consumed are segments that are in the snapshot already, until they are
	// deleted.
	Consumed []string `json:"consumed"`
	// Retrain is asked for, and not done yet.
	Retrain bool `json:"retrain"`
}

// verdicts are the newest reports, oldest first.
type verdicts struct {
	Reports []*drift.Report `json:"reports"`
}

// openWindow is how the open window compares so far, without a report while it has too
// few rows. It is kept apart from the verdicts: a runtime of the version before reads
// those strictly.
type openWindow struct {
	Report *drift.Report `json:"report,omitempty"`
}

// read decodes what is kept under the name, and leaves into as it is where
// nothing is.
// A version without traffic so far has no references, so absence is an empty
// state and not an error.
func read(ctx context.Context, s *store.Store, name string, into any) error {
	b, err := s.GetRef(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := plan.Unmarshal(b, into); err != nil {
		return fmt.Errorf("reference %s: %w", name, err)
	}
	return nil
}

// write keeps v as JSON under the name, in the place of what was there.
func write(ctx context.Context, s *store.Store, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("reference %s: %w", name, err)
	}
	return s.PutRef(ctx, name, b)
}
