package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
)

// A pod as the stack describes it counts, finds itself among the pods, and judges.
func TestAPodAnswersForItsVersion(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{envPods: l.Addr().String(), envHash: "new", envThresholds: "0.05,0.2"}
	a := &app{getenv: func(name string) string { return vars[name] }}
	j, err := a.judged(compared)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(j.handler)
	s.Listener = l
	s.Start()
	defer s.Close()
	for i := range 5000 {
		j.answered(float64(i%2)/10, i%10 == 0) // every second takes 100 ms
	}
	body := `{"champion": "old", "challenger": "new", "analysis": {"confidence": 0.95, "min_requests": 100,
		"metrics": {"latency_p90": [{"op": "<", "value": 0.05}], "latency_p99": [{"op": "<", "value": 0.2}]}}}`
	answer, err := http.Post(s.URL+peers.JudgePath, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // of a test
	var got peers.Answer
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Verdict.Verdict != judge.Fail || !strings.HasPrefix(got.Reason, "latency_p90: ") ||
		got.Metrics[1].Verdict != judge.Pass || got.Pods.Challenger != 1 || got.Requests != 5000 {
		t.Errorf("answered %+v", got)
	}
}

func TestVariablesThatJudgeNothingAreRefused(t *testing.T) {
	for _, vars := range []map[string]string{
		{envPods: "scoring-pods", envHash: "x"}, {envPods: "scoring-pods:8080"},
		{envPods: "scoring-pods:8080", envHash: "x", envThresholds: "50ms"},
		{envPods: "scoring-pods:8080", envHash: "x", envThresholds: "0.2,0.1"},
	} {
		a := &app{getenv: func(name string) string { return vars[name] }}
		if _, err := a.judged(compared); err == nil {
			t.Errorf("%v is taken", vars)
		}
	}
	a := &app{getenv: func(string) string { return "" }}
	if j, err := a.judged(compared); err != nil || j.handler != nil || j.answered != nil {
		t.Errorf("without variables: %+v, %v", j, err)
	}
}

// compared is a pod that has compared some rows.
func compared() judge.Pairs { return judge.Pairs{Compared: 10, Agreed: 9} }
