package local

import (
	"net/http"
	"testing"
)

// TestAPageOfItsOwnAnswersNoPrediction serves on two addresses.
func TestAPageOfItsOwnAnswersNoPrediction(t *testing.T) {
	var page string
	_, url := servingWith(t, func(c *Config) { c.ListenPage = "127.0.0.1:0" }, func(s Serving) { page = s.PageURL })
	if page == url || page == "" {
		t.Fatalf("the page is at %q, callers at %q", page, url)
	}
	for _, c := range []struct {
		method, path  string
		callers, page int
	}{
		{"GET", "/", 404, 200}, {"GET", "/assets/style.css", 404, 200}, {"GET", "/state", 404, 200},
		{"GET", "/metrics", 404, 200}, {"GET", "/endpoints/scoring/metrics", 404, 200},
		{"GET", "/health", 200, 200}, {"GET", "/ready", 503, 503}, {"POST", "/predict", 503, 404},
		{"POST", "/endpoints/scoring/predict", 503, 404}, {"GET", "/v2", 200, 404},
	} {
		for at, want := range map[string]int{url: c.callers, page: c.page} {
			if answer, body := send(t, c.method, at+c.path, "Content-Type", "application/json"); answer.StatusCode != want {
				t.Errorf("%s %s%s is answered %s, want %d: %s", c.method, at, c.path, answer.Status, want, body)
			}
		}
	}
	// Both refuse whoever was lured there.
	for _, at := range []string{url, page} {
		if answer, _ := send(t, http.MethodGet, at+"/health", "Host", "evil.example"); answer.StatusCode != 421 {
			t.Errorf("%s is answered %s", at, answer.Status)
		}
		if answer, _ := send(t, http.MethodPost, at+"/predict", "Origin", "https://evil.example", "Sec-Fetch-Site",
			"cross-site"); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s is answered %s", at, answer.Status)
		}
	}
}
