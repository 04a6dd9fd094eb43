package peers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// TestPodsThatSayNothingAreCounted: whoever judges must know that counts are missing.
func TestPodsThatSayNothingAreCounted(t *testing.T) {
	var urls []string
	add := func(h http.Handler) {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		urls = append(urls, s.URL)
	}
	says := func(text string) {
		add(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	}
	add(Tell(func() Beside {
		return Beside{Instance: "a-1", Versions: map[string]judge.Counted{"b": {Digest: "sha256:x",
			Observations: &judge.Observations{Challenger: judge.Counts{Requests: 7}}}}}
	}))
	says(`{`)
	says(`{"instance": "", "versions": {}}`)
	says(`{"instance": "b", "versions": {"b": {"digest": "x"}}}`)
	says(`{"instance": "b", "versions": {"b": {"digest": "x", "observations": {"challenger": {"requests": -1}}}}}`)
	says(`{"instance": "` + strings.Repeat("x", maxReport) + `"}`)
	all, silent, err := Gather(t.Context(), http.DefaultClient, urls)
	if err != nil || silent != 5 || len(all) != 1 || all[0].Versions["b"].Observations.Challenger.Requests != 7 {
		t.Errorf("%+v, %d silent, %v", all, silent, err)
	}
	if _, _, err := Gather(context.Background(), http.DefaultClient, make([]string, maxPods+1)); err == nil {
		t.Error("any number of pods is asked")
	}
	answer, err := http.Post(urls[0]+JudgePath, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // of a test
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("a pod judges for the others: %d", answer.StatusCode)
	}
}

// FuzzBeside: no report makes counts that cannot be.
func FuzzBeside(f *testing.F) {
	f.Add([]byte(`{"instance": "a", "versions": {"b": {"digest": "x", "observations": {"challenger": {"requests": 1}}}}}`))
	f.Add([]byte(`{"instance": "a", "versions": {"b": {"observations": null}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := decodeBeside(text)
		if err != nil {
			return
		}
		for name, c := range b.Versions {
			if o := c.Observations; o.Validate() != nil || o.Challenger.Failed > o.Challenger.Requests {
				t.Fatalf("%s: %+v", name, o)
			}
		}
	})
}
