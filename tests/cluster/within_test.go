//go:build integration

package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/assign"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

const (
	shadowStrategy = `strategy: shadow: analysis: {
			metrics: {error_rate: <0.05, agreement: >=0.8}, confidence: 0.95, min_requests: 50
		}`
	dividedStrategy = `strategy: ab: {
			by: "header:X-User", variants: {"a-first": {weight: 70, version: 1}, "b-second": {weight: 30, version: 2}}
		}`
	users = 3000 // that ask, each of them two pods
)

// TestPodsCompareAndDivideVersions: without Argo Rollouts, a version that agrees takes
// the steps of a canary, one on swapped labels does not leave its place in the shadow,
// and callers of an A/B test meet the same variant in every pod. No request fails.
func TestPodsCompareAndDivideVersions(t *testing.T) {
	strategies(t)
	g := find(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(g.root, example)).(fs.FS)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, shippedStrategy, provenStrategy)
	s := deployOf(t, g, dir, false)
	s.upload(t, s.server.location())
	s.migrated(t)
	s.approved(t, 1)
	s.becomeReady(t, s.version(t, 1))
	load := s.under(t)

	rewrite(t, dir, "n_estimators: 100", "n_estimators: 90")
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.approved(t, 2)
	if st := s.ends(t, 2); st.Past[0].Phase != release.Promoted || st.Stable.Version != 2 {
		t.Fatalf("version 2 of %+v: %s", st.Stable, st.Past[0].Why)
	}
	s.becomeReady(t, s.version(t, 2))

	rewrite(t, dir, provenStrategy, shadowStrategy)
	rewrite(t, dir, `positive:    "good"`, `positive:    "bad"`)
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.swapLabels(t)
	s.approved(t, 3)
	st := s.ends(t, 3)
	if st.Past[0].Phase != release.Aborted || st.Stable.Version != 2 {
		t.Fatalf("version 3 on swapped labels is %s: %s", st.Past[0].Phase, st.Past[0].Why)
	}
	t.Logf("not released: %s", st.Past[0].Why)
	s.becomeReady(t, s.version(t, 2))

	rewrite(t, dir, shadowStrategy, dividedStrategy)
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.variants(t, s.becomeReady(t, s.version(t, 1)))
	answered, failed := load()
	t.Logf("%d requests while versions came and went", answered)
	if failed != "" || answered < 100 {
		t.Errorf("of %d requests one failed: %s", answered, failed)
	}
}

// strategies skips what `make strategies` runs: CI has a canary on the same cluster.
func strategies(t *testing.T) {
	t.Helper()
	if os.Getenv("ASHLAR_TEST_STRATEGIES") == "" {
		t.Skip("skipped: ASHLAR_TEST_STRATEGIES is not set; `make strategies` runs it")
	}
}

// variants holds who is answered by which version against the hash, and their shares
// against the weights.
func (s *site) variants(t *testing.T, pods []pod) {
	t.Helper()
	row, second := s.requests(t, 1)[0], 0
	for i := range users {
		user, want := fmt.Sprintf("user-%d", i), 1
		if assign.Bucket(endpoint, user) >= 0.7 {
			want = 2
			second++
		}
		for _, p := range []pod{pods[i%len(pods)], pods[(i+1)%len(pods)]} {
			if got, err := s.versionFor(t, p, user, row); err != nil || got != want {
				t.Fatalf("%s is answered by version %d of pod %s, want %d: %v", user, got, p.Metadata.Name, want, err)
			}
		}
		time.Sleep(10 * time.Millisecond) // the example's callers have 100 a second
	}
	if share := 100 * float64(second) / users; math.Abs(share-30) > 2 {
		t.Errorf("the second variant had %.1f %% of the users, want 30", share)
	}
}

// versionFor is the version that answers a user in a pod.
func (s *site) versionFor(t *testing.T, p pod, user string, row []byte) (int, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.address()+"/predict", bytes.NewReader(row))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("X-User", user)
	answer, err := client().Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return 0, err
	}
	var said struct{ Version int }
	if err := json.Unmarshal(text, &said); err != nil || answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%d %s: %w", answer.StatusCode, text, err)
	}
	return said.Version, nil
}
