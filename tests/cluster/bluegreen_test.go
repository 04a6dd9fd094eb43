//go:build integration

package cluster

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/release"
)

const triedStrategy = `strategy: blueGreen: {
			prePromotion: {metrics: {agreement: >=0.8}, confidence: 0.95, min_requests: 50}
			scaleDownDelay: "5s"
		}`

// TestAVersionThatFailsBeforePromotionTakesNoTraffic has two versions tried at the preview
// address, by requests that go there alone: one that agrees with the running version,
// which is promoted, and one on swapped labels, which never answers a caller.
func TestAVersionThatFailsBeforePromotionTakesNoTraffic(t *testing.T) {
	strategies(t)
	g := find(t)
	if !g.has(t, "rollouts.argoproj.io", "analysistemplates.argoproj.io", "workflowtemplates.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(g.root, example)).(fs.FS)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, shippedStrategy, triedStrategy)
	s := deployOf(t, g, dir, true)
	s.upload(t, s.server.location())
	s.migrated(t)
	s.approved(t, 1)
	s.becomeReady(t, s.version(t, 1))
	const pause = 25 * time.Millisecond // the example's callers have 100 a second
	answered := s.sends(t, s.address(t), pause)
	tried := s.sends(t, s.previewed(t), pause)

	rewrite(t, dir, "n_estimators: 100", "n_estimators: 90")
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.approved(t, 2)
	if st := s.ends(t, 2); st.Past[0].Phase != release.Promoted || st.Stable.Version != 2 {
		t.Fatalf("version 2 of %+v: %s", st.Stable, st.Past[0].Why)
	}
	s.becomeReady(t, s.version(t, 2))

	rewrite(t, dir, `positive:    "good"`, `positive:    "bad"`)
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.swapLabels(t)
	s.approved(t, 3)
	st := s.ends(t, 3)
	if st.Past[0].Phase != release.Aborted || st.Stable.Version != 2 {
		t.Fatalf("version 3 on swapped labels is %s: %s", st.Past[0].Phase, st.Past[0].Why)
	}
	t.Logf("not promoted: %s", st.Past[0].Why)
	s.becomeReady(t, s.version(t, 2))

	preview, _ := tried() // requests to it fail while no version is tried
	by, failed := answered()
	t.Logf("callers were answered by versions %v, the preview address by %v", by, preview)
	if failed != "" || by[1] < 50 || by[2] < 50 {
		t.Errorf("of the callers' requests, answered by versions %v, one failed: %s", by, failed)
	}
	if by[3] > 0 || preview[3] < 50 {
		t.Errorf("version 3 answered %d callers and %d requests to the preview address", by[3], preview[3])
	}
}

// strategies skips what `make strategies` runs: CI has a canary on the same cluster.
func strategies(t *testing.T) {
	t.Helper()
	if os.Getenv("ASHLAR_TEST_STRATEGIES") == "" {
		t.Skip("skipped: ASHLAR_TEST_STRATEGIES is not set; `make strategies` runs it")
	}
}

// previewed is where a version answers that is not promoted.
func (s *site) previewed(t *testing.T) string {
	t.Helper()
	return "http://" + s.must(t, "", "-n", s.namespace, "get", "service", endpoint+"-preview", "-o", "jsonpath={.spec.clusterIP}")
}
