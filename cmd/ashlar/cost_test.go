package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const endpointManifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: e, namespace: credit}
spec: {template: {spec: {containers: [{name: e, resources: {requests: {cpu: "1", memory: 2Gi}}}]}}}
`

// priced puts an ashlar-stack on PATH that renders an endpoint with 2 to 4 replicas, and
// returns the address of an OpenCost whose answer for its namespace is *actual.
func priced(t *testing.T, actual *float64) string {
	t.Helper()
	bin := t.TempDir()
	write(t, filepath.Join(bin, "d.yaml"), endpointManifests)
	write(t, filepath.Join(bin, "h.yaml"), "kind: HorizontalPodAutoscaler\nmetadata: {name: e, namespace: credit}\n"+
		"spec: {minReplicas: 2, maxReplicas: 4, scaleTargetRef: {kind: Deployment, name: e}}\n")
	write(t, filepath.Join(bin, "ashlar-stack"), "#!/bin/sh\nout=${3#--out=}/manifests\nmkdir $out && cp '"+bin+"'/*.yaml $out\n")
	if err := os.Chmod(filepath.Join(bin, "ashlar-stack"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"code": 200, "data": [{"credit": {"name": "credit", "minutes": 6000, "cpuCost": %g, "ramCost": 0, "totalCost": 99}}]}`, *actual)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestCostsAreComparedWithTheEstimate(t *testing.T) {
	prices := filepath.Join(t.TempDir(), "prices.json")
	// A replica costs 1*1 + 2*0.5 = 2 an hour, so 2 to 4 replicas 400 to 800 in 100 hours.
	write(t, prices, `{"date": "2026-11", "source": "x", "currency": "EUR", "cpu_hour": 1, "gib_hour": 0.5, "hours_month": 730}`)
	var actual float64
	url := priced(t, &actual)
	for _, c := range []struct {
		actual, ratio float64
		more          string
		code          int
	}{
		{400, 1, "", 0}, {600, 1, "", 0}, {800, 1, "", 0}, {1000, 1.25, "", 0}, {1600, 2, "", 1},
		{100, 0.25, "", 1}, {0, 0, "", 1},
		{1600, 2, "--tolerance 2", 0}, {1000, 1.25, "--tolerance 1.2", 1},
	} {
		actual = c.actual
		var out, errw bytes.Buffer
		code := run(t.Context(), append([]string{"cost", "--opencost", url, "--window", "100h", "--prices", prices,
			"--output", "json"}, strings.Fields(c.more)...), closed{}, &out, &errw)
		var got struct {
			Currency   string
			Namespaces []costs
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != c.code || len(got.Namespaces) != 1 {
			t.Fatalf("%+v: exit code %d, %v\n%s%s", c, code, err, out.String(), errw.String())
		}
		one := got.Namespaces[0]
		if math.Abs(one.Least-400) > 1e-9 || math.Abs(one.Most-800) > 1e-9 || one.Actual != c.actual ||
			math.Abs(one.Ratio-c.ratio) > 1e-9 || one.Differs != (c.code == 1) || got.Currency != "EUR" {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	var out, errw bytes.Buffer
	actual = 1600
	if code := run(t.Context(), []string{"cost", "--opencost", url, "--window", "100h",
		"--prices", prices}, closed{}, &out,
		&errw); code != 1 || !strings.Contains(out.String(), "400.00 to 800.00") ||
		!strings.Contains(out.String(), "differs") {
		t.Errorf("as text: exit code %d\n%s%s", code, out.String(), errw.String())
	}
}

func TestWrongInputOfCost(t *testing.T) {
	var actual float64
	url := priced(t, &actual)
	for line, want := range map[string]string{
		"": "--opencost URL", "--opencost x": "want a URL", "--opencost " + url + " --window week": "write it as 7d",
		"--opencost " + url + " --tolerance 0.5": "at least 1", "--opencost " + url +
			" --prices gone.json": "gone.json",
		"--opencost " + url + " --tolerance NaN": "at least 1",
	} {
		var out, errw bytes.Buffer
		code := run(t.Context(), append([]string{"cost"}, strings.Fields(line)...), closed{}, &out, &errw)
		if code != 2 || !strings.Contains(errw.String(), want) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, out.String(), errw.String())
		}
	}
}
