package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

func TestABodyMayHaveSoManyBytesAndNoMore(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Limits: plan.Limits{MaxBodyBytes: 5000}})
	padded := func(n int) string { return positional + strings.Repeat(" ", n-len(positional)) }
	for _, declared := range []bool{true, false} {
		post := func(body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, "/predict", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			if !declared {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			return w
		}
		for _, n := range []int{len(positional), 4095, 4096, 4097, 4999, 5000} {
			if w := post(padded(n)); w.Code != http.StatusOK {
				t.Errorf("%d bytes, length declared %v: %d %s", n, declared, w.Code, w.Body)
			}
		}
		for _, n := range []int{5001, 5002, 100000} {
			w := post(padded(n))
			if p := refused(t, w, http.StatusRequestEntityTooLarge); p.Code != "too_large" ||
				!strings.Contains(p.Message, "5000 bytes") {
				t.Errorf("%d bytes: %+v", n, p)
			}
			if w.Header().Get("Connection") != "close" {
				t.Error("the connection stays open for the rest of a body that is too long")
			}
		}
	}
}

func TestABatchMayHaveSoManyRowsAndNoMore(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Limits: plan.Limits{MaxBatchRows: 3}})
	rows := func(n int) string {
		row := `[30, 129.5, "rent", "1", true, null]`
		return `{"features": [` + strings.Repeat(row+",", n-1) + row + `]}`
	}
	if a := fine(t, s, rows(3)); len(a.Predictions) != 3 {
		t.Errorf("%d predictions for 3 rows", len(a.Predictions))
	}
	if p := refused(t, predict(s, rows(4)), http.StatusRequestEntityTooLarge); p.Code != "too_many_rows" ||
		!strings.Contains(p.Message, "more than 3 rows") {
		t.Errorf("%+v", p)
	}
	if p := refused(t, predict(serving(t, loans(t), serve.Config{}), rows(1001)),
		http.StatusRequestEntityTooLarge); p.Code != "too_many_rows" {
		t.Errorf("%+v", p)
	}
}

func TestNestingIsBounded(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for where, form := range map[string]string{
		"in place of the request":   `%s`,
		"in place of a value":       `{"features": [1, %s, "own", "1", true, null]}`,
		"under an unknown column":   `{"features": {"x": %s}}`,
		"beside the features":       `{"x": %s}`,
		"in a row that is too long": `{"features": [1, 2, "own", "1", true, null, %s]}`,
	} {
		deep := fmt.Sprintf(form, strings.Repeat("[", 100000))
		if p := refused(t, predict(s, deep), http.StatusBadRequest); !strings.Contains(p.Message,
			"nest more than 16 deep") {
			t.Errorf("%s: %s", where, p.Message)
		}
		refused(t, predict(s, fmt.Sprintf(form, "[[1]]")), http.StatusUnprocessableEntity)
	}
}

func TestProblemsAreCountedAndTheFirstListed(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	var body strings.Builder
	body.WriteString(`{"features": {`)
	for i := range 50000 {
		fmt.Fprintf(&body, `"Agee%d": 1, `, i)
	}
	body.WriteString(`"Age": 1, "Band": "1", "Member": true}}`)
	p := refused(t, predict(s, body.String()), http.StatusUnprocessableEntity)
	if len(p.Fields) != 20 || p.Message != "50000 problems with the features; the first 20 are listed" ||
		p.Fields[19].Field != "Agee19" {
		t.Errorf("%d fields, %s", len(p.Fields), p.Message)
	}
	long := strings.Repeat("é", 100)
	p = refused(t, predict(s, `{"features": {"`+long+`": 1, "Age": 1, "Band": "1", "Member": true}}`),
		http.StatusUnprocessableEntity)
	if got := p.Fields[0].Field; got != strings.Repeat("é", 40)+"…" {
		t.Errorf("a key of 200 bytes is repeated as %q", got)
	}
}

// gate is an observer that lets rows through one by one.
type gate struct{ in, out chan struct{} }

func (g gate) Observe([]float64, []string, model.Score) {
	g.in <- struct{}{}
	<-g.out
}

func TestTooManyAtOnceAreSentAway(t *testing.T) {
	s := serving(t, loans(t), serve.Config{MaxInFlight: 2})
	g := gate{make(chan struct{}), make(chan struct{})}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 4, Observer: g}); err != nil {
		t.Fatal(err)
	}
	done := make(chan int)
	for range 2 {
		go func() { done <- predict(s, positional).Code }()
		<-g.in
	}
	w := predict(s, positional)
	if p := refused(t, w, http.StatusServiceUnavailable); p.Code != "overloaded" ||
		w.Header().Get("Retry-After") != "1" {
		t.Errorf("%+v, Retry-After %q", p, w.Header().Get("Retry-After"))
	}
	if got := scrape(t, s)[`model_requests_in_flight{endpoint="scoring"}`]; got != "2" {
		t.Errorf("%s requests are under way, want 2", got)
	}
	if got := scrape(t, s)[`model_errors_total{code="503",endpoint="scoring",model="default-risk",version="4"}`]; got != "1" {
		t.Errorf("%s requests are counted as sent away", got)
	}
	if w := ask(s, http.MethodGet, "/health", ""); w.Code != http.StatusOK {
		t.Errorf("the process is called unhealthy: %d", w.Code)
	}
	close(g.out)
	for range 2 {
		if code := <-done; code != http.StatusOK {
			t.Errorf("a request under way was answered %d", code)
		}
	}
	go func() { <-g.in }()
	fine(t, s, positional)
	if got := scrape(t, s)[`model_requests_in_flight{endpoint="scoring"}`]; got != "0" {
		t.Errorf("%s requests are under way, want none", got)
	}
}

func TestWhatCannotBeServedIsRefusedAtOnce(t *testing.T) {
	_, err := serve.New(serve.Config{
		Limits: plan.Limits{MaxBodyBytes: -1, MaxBatchRows: -1, Timeout: "soon"}, MaxInFlight: -1,
		LogEvery: -1, Grace: -1, Drain: -1,
	})
	for _, want := range []string{"no name", "max_body_bytes: -1 is negative", "max_batch_rows",
		`limits.timeout: duration "soon"`, "in flight", "log every", "grace", "drain"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if _, err := serve.New(serve.Config{Endpoint: "e", Limits: plan.Limits{MaxBodyBytes: 2 << 30}}); err == nil ||
		!strings.Contains(err.Error(), "more than 1073741824") {
		t.Errorf("a limit of 2 GiB: %v", err)
	}
	s := serving(t, loans(t), serve.Config{})
	broken := loans(t)
	broken.Ensemble = nil
	for what, next := range map[string]*serve.Served{"no model": {Version: 4},
		"a model without an estimator": {Model: broken, Version: 4}} {
		if err := s.Swap(next); err == nil {
			t.Errorf("%s was swapped in", what)
		}
	}
	if a := fine(t, s, positional); a.Version != 3 {
		t.Errorf("version %d answers, want 3 as before", a.Version)
	}
}
