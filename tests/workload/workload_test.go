//go:build integration

package workload

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

const (
	applicant = `{"features": {"Seniority": 9, "Home": "rent", "Time": 60, "Age": 30, "Marital": "married", "Records": "no",
		"Job": "freelance", "Expenses": 73, "Income": 129, "Assets": 0, "Debt": 0, "Amount": 800, "Price": 846}}`
	stranger = `{"features": {"Seniority": 80, "Home": "rent", "Time": 6, "Age": 99, "Marital": "married", "Records": "yes",
		"Job": "others", "Expenses": 9000, "Income": 9000, "Assets": 9000000, "Debt": 900000, "Amount": 90000, "Price": 90000}}`
)

// outcome is what `run` prints.
type outcome struct {
	Version struct {
		Version int
		Status  string
		Digest  string `json:"model_digest"`
	}
	Run struct {
		Stages []struct {
			Stage  string
			Reused bool
		}
	}
}

func (o outcome) reused() string {
	var out []string
	for _, s := range o.Run.Stages {
		if s.Reused {
			out = append(out, s.Stage)
		}
	}
	return strings.Join(out, " ")
}

func TestAWorkloadLivesThroughKillsAndOutages(t *testing.T) {
	p := newPlace(t)
	p.upload("../../blueprints/examples/credit/data/credit_data.csv", "data/data/credit_data.csv")
	p.deploy(func(deployed *plan.Plan) {
		e := deployed.Endpoints["scoring"]
		e.Drift = &plan.Drift{Window: "1s", MinRows: 50, MaxRows: 10_000, Tests: "auto",
			Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}, Retrain: true}
		deployed.Endpoints["scoring"] = e
	})
	p.migrates()
	p.trains()
	p.serves()
	p.judges()
	p.withdraws()
	if said := p.ashlar("model", "audit", "--verify"); !strings.Contains(said, "is whole") {
		t.Error(said)
	}
}

// migrates makes the schema as the database's owner, by the URL and by a secret
// as on AWS, and lets workloads work with it.
func (p *place) migrates() {
	p.t.Helper()
	if d := p.run(3, nil, "run", "--model", "default-risk"); !strings.Contains(d.said(),
		plan.DutyTrain.User(p.schema)) {
		p.t.Errorf("a user that is not there yet: %s", d.said())
	}
	workload := p.env
	schema, _ := registry.Schemas()
	newest := int(schema)
	for i, owner := range [][]string{{"ASHLAR_DATABASE=" + p.owner}, secrets(p.t, p.owner)} {
		p.env = append(append(append([]string{}, workload...), owner...), "ASHLAR_DATABASE_SCHEMAS="+p.schema,
			"ASHLAR_DATABASE_MANAGER=acme-credit/dev")
		var done struct{ From, To int }
		if p.run(0, &done, "migrate"); done.From != newest*i || done.To != newest {
			p.t.Errorf("migrated %+v", done)
		}
	}
	p.env = workload
}

// trains kills a run while it trains, and finds the next going on.
func (p *place) trains() {
	p.t.Helper()
	d := p.start("run", "--model", "default-risk")
	p.until(d, "stage prepare", func(line map[string]any) bool { return line["stage"] == "prepare" })
	d.signal(syscall.SIGKILL)
	if code := p.end(d); code != -1 {
		p.t.Fatalf("it ended by itself with %d:\n%s", code, d.said())
	}
	var o outcome
	p.run(0, &o, "run", "--model", "default-risk")
	if o.reused() != "ingest validate prepare" || o.Version.Version != 1 || o.Version.Status != "pending" {
		p.t.Errorf("after a kill: %+v", o)
	}
	digest := o.Version.Digest
	p.run(0, &o, "run", "--model", "default-risk")
	if len(strings.Fields(o.reused())) != 6 || o.Version.Digest != digest || o.Version.Version != 1 {
		p.t.Errorf("with nothing to do: %+v", o)
	}
}

// serves answers once somebody has approved, and goes on while the S3 server is
// gone and the database is restarted; asked to end, it loses no request.
func (p *place) serves() {
	p.t.Helper()
	d := p.start("serve", "--endpoint", "scoring", "--listen", "127.0.0.1:0")
	url := "http://" + p.until(d, "serving", message("serving"))["address"].(string)
	if code, body, err := get(url + "/health"); err != nil || code != http.StatusOK {
		p.t.Errorf("health: %d %v, %v", code, body, err)
	}
	if code, _, err := get(url + "/ready"); err != nil || code != http.StatusServiceUnavailable {
		p.t.Errorf("ready with nothing approved: %d, %v", code, err)
	}
	p.ashlar("model", "approve", "default-risk", "1", "--by", "risk-officers", "--comment", "reviewed")
	await(p.t, "an approved version is served", ready(url, http.StatusOK))
	first := p.predicts(url, applicant)

	p.gateway.down()
	if again := p.predicts(url, applicant); again != first {
		p.t.Errorf("without S3: %s, before: %s", again, first)
	}
	p.restartDatabase(url)
	if again := p.predicts(url, applicant); again != first {
		p.t.Errorf("after the database was restarted: %s, before: %s", again, first)
	}
	p.gateway.up()

	for range 60 {
		p.predicts(url, stranger)
	}
	d.signal(syscall.SIGTERM)
	p.drains(url)
	if code := p.end(d); code != 0 {
		p.t.Errorf("serve ended with %d:\n%s", code, d.said())
	}
	if strings.Contains(d.said(), secretKey) {
		p.t.Error("a secret is in the log")
	}
}

func ready(url string, want int) func() error {
	return func() error {
		code, body, err := get(url + "/ready")
		if err == nil && code != want {
			err = fmt.Errorf("%d %v", code, body)
		}
		return err
	}
}

// predicts wants a prediction, and returns it.
func (p *place) predicts(url, body string) string {
	p.t.Helper()
	resp, err := http.Post(url+"/predict", "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Prediction  any
		Probability float64
		Version     int
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK ||
		answer.Version != 1 || answer.Probability < 0 || answer.Probability > 1 {
		p.t.Fatalf("%s: %+v, %v", resp.Status, answer, err)
	}
	return fmt.Sprintf("%+v", answer)
}

// restartDatabase restarts PostgreSQL, where the machine says how; decisions
// made after it are followed.
func (p *place) restartDatabase(url string) {
	p.t.Helper()
	command := os.Getenv("ASHLAR_TEST_POSTGRES_RESTART")
	if command == "" {
		p.t.Log("the database is not restarted: ASHLAR_TEST_POSTGRES_RESTART does not say how")
	} else if said, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", command, err, said)
	}
	await(p.t, "the endpoint goes on", ready(url, http.StatusOK))
	p.ashlar("model", "list")
}

// drains asks as clients behind a load balancer do: until it has noticed that
// the pod is not ready any more, and a little beyond. Everybody is answered.
func (p *place) drains(url string) {
	p.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for beyond := 0; beyond < 20; {
		if code, _, err := get(url + "/ready"); err != nil || code == http.StatusServiceUnavailable {
			beyond++
		}
		resp, err := client.Post(url+"/predict", "application/json", strings.NewReader(stranger))
		if err != nil {
			p.t.Fatalf("a request was lost in the drain: %v", err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			p.t.Fatalf("a request was refused in the drain: %s", resp.Status)
		}
	}
}

// judges finds the strangers, and trains again, which finds nothing new.
func (p *place) judges() {
	p.t.Helper()
	var said struct {
		Verdicts []struct {
			Version, Segments int
			Alert             bool
			Windows           []struct{ Rows int }
		}
	}
	d := p.run(0, &said, "drift", "--endpoint", "scoring")
	if len(said.Verdicts) != 1 || said.Verdicts[0].Segments == 0 || !said.Verdicts[0].Alert ||
		len(said.Verdicts[0].Windows) == 0 {
		p.t.Errorf("%+v\n%s", said, d.said())
	}
	if !strings.Contains(d.said(), "nothing new to learn") {
		p.t.Errorf("it did not train: %s", d.said())
	}
}

// withdraws stops serving what is rejected.
func (p *place) withdraws() {
	p.t.Helper()
	d := p.start("serve", "--endpoint", "scoring", "--listen", "127.0.0.1:0")
	url := "http://" + p.until(d, "serving", message("serving"))["address"].(string)
	await(p.t, "it serves again", ready(url, http.StatusOK))
	code, body, err := get(url + "/drift")
	if reports, _ := body["reports"].([]any); err != nil || code != http.StatusOK || len(reports) == 0 {
		p.t.Errorf("a new pod does not show the verdicts: %d %v, %v", code, body, err)
	}
	p.ashlar("model", "reject", "default-risk", "1", "--by", "risk-officers", "--comment", "it leaks")
	await(p.t, "a rejected version is not served", ready(url, http.StatusServiceUnavailable))
	resp, err := http.Post(url+"/predict", "application/json", strings.NewReader(applicant))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		p.t.Errorf("%v, %v", resp, err)
	}
	d.signal(syscall.SIGTERM)
	if code := p.end(d); code != 0 {
		p.t.Errorf("serve ended with %d:\n%s", code, d.said())
	}
}
