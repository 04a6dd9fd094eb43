//go:build integration

package cluster

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// address is where the endpoint's Service answers inside the cluster.
func (s *site) address(t *testing.T) string {
	t.Helper()
	return "http://" + s.must(t, "", "-n", s.namespace, "get", "service", endpoint, "-o", "jsonpath={.spec.clusterIP}")
}

func (p pod) address() string { return "http://" + net.JoinHostPort(p.Status.PodIP, "8080") }

// operators is where the pod answers who watches and steers it.
func (p pod) operators() string { return "http://" + net.JoinHostPort(p.Status.PodIP, "8081") }

// calling is the address with a key of the registry's, which ask sends. Pods know it
// within a poll of theirs.
func (s *site) calling(t *testing.T, address string) string {
	t.Helper()
	if s.key == "" {
		s.key = s.newKey(t, "--registry", s.registry)
		time.Sleep(3 * time.Second)
	}
	return withKey(address, s.key)
}

// newKey makes a key in the registry that the arguments name.
func (s *site) newKey(t *testing.T, registry ...string) string {
	t.Helper()
	var made struct{ Key string }
	said := s.command(t, s.ashlar, append([]string{"access", "key", "create", "cluster-test", "--endpoint", "*",
		"--expires", "1d", "--output", "json"}, registry...)...)
	if err := json.Unmarshal([]byte(said), &made); err != nil || made.Key == "" {
		t.Fatalf("no key: %v", err)
	}
	return made.Key
}

// withKey is the address with a key, which ask sends.
func withKey(address, key string) string {
	return strings.Replace(address, "://", "://key:"+key+"@", 1)
}

// ask sends a request and returns the status and the body. A key in the address is sent
// as callers send it.
func ask(t *testing.T, method, address string, body []byte) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key, has := r.URL.User.Password(); has {
		r.URL.User = nil
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := client().Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	return answer.StatusCode, string(text), err
}

// readyAnswer is what /ready says.
type readyAnswer struct {
	Status, Reason, Model, Digest string
	Version                       int
}

func readiness(t *testing.T, address string) (int, readyAnswer, error) {
	t.Helper()
	code, text, err := ask(t, http.MethodGet, address+"/ready", nil)
	if err != nil {
		return 0, readyAnswer{}, err
	}
	var s readyAnswer
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return 0, s, fmt.Errorf("GET %s/ready answers no JSON: %w\n%s", address, err, text)
	}
	return code, s, nil
}

// predictions asks for one prediction a row. A row that is answered with
// anything but a prediction ends the test.
func predictions(t *testing.T, address string, rows [][]byte) []string {
	t.Helper()
	var out []string
	for _, row := range rows {
		code, text, err := ask(t, http.MethodPost, address+"/predict", row)
		if err != nil || code != http.StatusOK {
			t.Fatalf("POST %s/predict %s: %d %v\n%s", address, row, code, err, text)
		}
		out = append(out, text)
	}
	return out
}

// requests are the first rows of the dataset as bodies of POST /predict.
func (g ground) requests(t *testing.T, n int) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.root, example, dataset))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, row := range rows[1 : n+1] {
		features := map[string]any{}
		for i, column := range rows[0] {
			if number, err := strconv.ParseFloat(row[i], 64); err == nil {
				features[column] = number
			} else if row[i] == "" || row[i] == "NA" {
				features[column] = nil
			} else {
				features[column] = row[i]
			}
		}
		delete(features, "Status") // the target
		body, err := json.Marshal(map[string]any{"features": features})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, body)
	}
	return out
}

// counted is the sum of a counter's series on /metrics.
func counted(t *testing.T, address, counter string) float64 {
	t.Helper()
	code, text, err := ask(t, http.MethodGet, address+"/metrics", nil)
	if err != nil || code != http.StatusOK {
		t.Fatalf("GET %s/metrics: %d %v", address, code, err)
	}
	sum := 0.0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, counter+"{") && !strings.HasPrefix(line, counter+" ") {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(strings.TrimSpace(line),
			' ')+1:]), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		sum += value
	}
	return sum
}
