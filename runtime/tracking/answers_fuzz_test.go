package tracking

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/tests/answers"
)

// fuzzAnswers: whatever a tracker answers, telling ends, after a bounded number of
// requests, and a run that was not heard is kept.
func fuzzAnswers(f *testing.F, of plan.Tracking) {
	for _, body := range []string{
		``, `{}`, `null`, `[]`, `"x"`, `{"experiment": {"experiment_id": "1"}}`, `{"experiment_id": 7}`,
		`{"run": {"info": {"run_id": "r", "artifact_uri": "mlflow-artifacts:/1/r/artifacts"}}}`,
		`{"runs": [{"info": {"run_id": "r"}}]}`, `{"error_code": "RESOURCE_DOES_NOT_EXIST"}`,
		`{"error_code": "INVALID_PARAMETER_VALUE", "message": "\u001b[31m"}`,
		`{"data": {"upsertBucket": {"bucket": {"id": "x", "name": "y", "project": {"name": "p", "entity": {"name": "e"}}}}}}`, `{"errors": [{"message": "no"}]}`, `{"data": null}`, `<html>`,
	} {
		for _, status := range []int{200, 400, 404, 429, 500} {
			f.Add(status, []byte(body))
		}
	}
	kept, err := store.Open(f.Context(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = kept.Close() })
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status/100 == 3 {
			return
		}
		a := &answers.Always{Status: status, Body: body}
		tracker := New(Config{
			Plan: &plan.Plan{Name: "credit", Environment: "prod", Tracking: &of}, Store: kept,
			Client: &http.Client{Transport: a},
			Getenv: func(string) string { return "hunter2" }, Sleep: time.Nanosecond,
		})
		r := record(1)
		r.Points = []Point{{"loss", 0, 1}}
		for _, one := range tracker.trackers {
			if err := one.send(t.Context(), r); err != nil && bytes.Contains([]byte(err.Error()), []byte("hunter2")) &&
				!bytes.Contains(body, []byte("hunter2")) {
				t.Errorf("the error tells the token: %v", err)
			}
		}
		if a.Asked == 0 || a.Asked > 100 {
			t.Errorf("%d requests", a.Asked)
		}
	})
}

func FuzzMLflowAnswers(f *testing.F) {
	fuzzAnswers(f, plan.Tracking{MLflow: &plan.MLflow{URI: "http://127.0.0.1:1"}})
}

func FuzzWandBAnswers(f *testing.F) {
	fuzzAnswers(f, plan.Tracking{WandB: &plan.WandB{BaseURL: "http://127.0.0.1:1", Entity: "team", Project: "credit"}})
}
