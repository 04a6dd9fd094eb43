//go:build integration

package cluster

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/release"
)

// The strategy of the proof: a third of the pods, then two thirds, judged all the time.
const (
	shippedStrategy = `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}, {setWeight: 50}, {pause: "5m"}]
		strategy: canary: analysis: metrics: {error_rate: <0.01, agreement: >=0.9}`
	provenStrategy = `strategy: canary: {
			steps: [{setWeight: 34}, {pause: "10s"}, {setWeight: 67}, {pause: "10s"}]
			analysis: {metrics: {error_rate: <0.05, agreement: >=0.8}, confidence: 0.95, min_requests: 50}
		}`
)

// TestAVersionTakesItsStepsOnACluster trains a second version while requests arrive, which
// Argo Rollouts carries through the steps, and a third one on swapped labels, which it
// takes back because the two versions disagree. No request fails.
func TestAVersionTakesItsStepsOnACluster(t *testing.T) {
	g := find(t)
	if !g.has(t, "rollouts.argoproj.io", "analysistemplates.argoproj.io", "workflowtemplates.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(g.root, example)).(fs.FS)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, shippedStrategy, provenStrategy)
	s := deployOf(t, g, dir, true)
	s.upload(t, s.server.location())
	s.migrated(t)
	s.approved(t, 1)
	s.becomeReady(t, s.version(t, 1))
	load := s.under(t)

	rewrite(t, dir, "n_estimators: 100", "n_estimators: 90")
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.approved(t, 2)
	st := s.ends(t, 2)
	if st.Past[0].Phase != release.Promoted || st.Stable.Version != 2 {
		t.Fatalf("version 2 of %+v: %s", st.Stable, st.Past[0].Why)
	}
	s.becomeReady(t, s.version(t, 2))

	// The favourable outcome is swapped with the labels, or the gates of fairness would
	// keep the model from being registered at all.
	rewrite(t, dir, `positive:    "good"`, `positive:    "bad"`)
	s.render(t, dir)
	s.must(t, "", append([]string{"apply", "--force-conflicts"}, s.applied()...)...)
	s.swapLabels(t)
	s.approved(t, 3)
	st = s.ends(t, 3)
	if st.Past[0].Phase != release.Aborted || st.Stable.Version != 2 {
		t.Fatalf("version 3 on swapped labels is %s: %s", st.Past[0].Phase, st.Past[0].Why)
	}
	t.Logf("taken back: %s", st.Past[0].Why)
	s.becomeReady(t, s.version(t, 2))
	answered, failed := load()
	t.Logf("%d requests while versions came and went", answered)
	if failed != "" || answered < 100 {
		t.Errorf("of %d requests one failed: %s", answered, failed)
	}
}

// rewrite replaces a text of the copied blueprint, which must be there.
func rewrite(t *testing.T, dir, from, to string) {
	t.Helper()
	file := filepath.Join(dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has not %q", file, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// approved trains the version, and approves it.
func (s *site) approved(t *testing.T, n int) {
	t.Helper()
	s.train(t)
	s.command(t, s.ashlar, "model", "approve", model, fmt.Sprint(n), "--by", "risk-officers", "--comment", "reviewed",
		"--registry", s.registry)
}

// version is what the registry holds of that version.
func (s *site) version(t *testing.T, n int) (v version) {
	t.Helper()
	text := s.command(t, s.ashlar, "model", "show", model, fmt.Sprint(n), "--output", "json", "--registry", s.registry)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// ends waits until the release of the version has ended, and returns what the CLI says.
func (s *site) ends(t *testing.T, n int) release.State {
	t.Helper()
	var all []release.State
	said := ""
	eventually(t, 2*patience, func() error {
		text := s.command(t, s.ashlar, "release", "status", "--output", "json", "--registry", s.registry)
		all = nil
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return fmt.Errorf("%w\n%s", err, text)
		}
		if len(all) == 0 {
			return fmt.Errorf("no release of version %d has begun", n)
		}
		if c := all[0].Current; c != nil && c.Why != said {
			said = c.Why
			t.Logf("version %d: %s", c.To.Version, said)
		}
		if len(all[0].Past) == 0 || all[0].Past[0].To.Version != n {
			return fmt.Errorf("the release of version %d has not ended: %s", n, text)
		}
		return nil
	})
	return all[0]
}

// swapLabels brings the dataset with good and bad loans exchanged.
func (s *site) swapLabels(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.root, example, dataset))
	if err != nil {
		t.Fatal(err)
	}
	swapped := strings.NewReplacer("good", "bad", "bad", "good").Replace(string(content))
	place, query, _ := strings.Cut(s.server.location(), "?")
	upload(t, place+s.within()+"/data/applications?"+query, dataset, []byte(swapped))
}

// under sends requests until the function that it returns is called, which says how many
// were answered and what the first one was told that was not.
func (s *site) under(t *testing.T) func() (answered int, failed string) {
	t.Helper()
	ended := s.sends(t, s.address(t), 10*time.Millisecond)
	return func() (answered int, failed string) {
		by, failed := ended()
		for _, n := range by {
			answered += n
		}
		return answered, failed
	}
}

// sends asks an address over and over, with a pause between two requests, until the
// function that it returns is called. That says how many answers each version gave, and
// what the first request was told that got none.
func (s *site) sends(t *testing.T, address string, pause time.Duration) func() (by map[int]int, failed string) {
	t.Helper()
	address = s.calling(t, address)
	rows, by, failed := s.requests(t, asked), map[int]int{}, ""
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
			var said struct{ Version int }
			code, text, err := ask(t, http.MethodPost, address+"/predict", rows[i%len(rows)])
			if err == nil && code == http.StatusOK && json.Unmarshal([]byte(text), &said) == nil {
				by[said.Version]++
			} else if failed == "" {
				failed = fmt.Sprintf("request %d: %d %v %s", i, code, err, text)
			}
		}
	}()
	return func() (map[int]int, string) {
		close(stop)
		<-done
		return by, failed
	}
}
