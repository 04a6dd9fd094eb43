//go:build integration

package workload

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// owns runs the CLI on the place's registry, as its owner, and on its store.
func (p *place) owns(code int, into any, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(p.cli, args...)
	cmd.Env = append(slices.Clone(p.env), "ASHLAR_DATABASE="+p.owner)
	said, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("ashlar %v ended with %d, want %d: %v\n%s", args, got, code, err, said)
	}
	if into != nil {
		if err := json.Unmarshal(said, into); err != nil {
			p.t.Fatalf("ashlar %v printed %s: %v", args, said, err)
		}
	}
	return string(said)
}

// state is every row of the registry, and every object and reference of the store by
// the digest of its bytes, which are read.
func (p *place) state() []string {
	p.t.Helper()
	ctx := p.t.Context()
	r, err := registry.Open(ctx, p.owner, registry.Options{Now: time.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Close()
	var out []string
	if _, err := r.Export(ctx, func() { out = nil }, func(table string, line []byte) error {
		out = append(out, table+" "+string(line))
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
	s, err := store.Open(ctx, p.gateway.url(bucket+"/store"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	var names []string
	if err := s.WalkObjects(ctx, func(i store.Info) { names = append(names, i.Name) }); err != nil {
		p.t.Fatal(err)
	}
	for _, name := range names {
		b, err := s.GetBytes(ctx, name, 1<<30)
		if err != nil || plan.DigestBytes(b) != name {
			p.t.Errorf("%s: %v", name, err)
		}
	}
	refs, err := s.ListRefs(ctx, "")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, ref := range refs {
		b, err := s.PeekRef(ctx, ref)
		if err != nil {
			p.t.Fatal(err)
		}
		names = append(names, ref+" "+plan.DigestBytes(b))
	}
	return append(out, names...)
}

// answers serves, and returns what a prediction answers and the version that did.
func (p *place) answers() string {
	p.t.Helper()
	d := p.start("serve", "--endpoint", "scoring", "--listen", "127.0.0.1:0")
	url := "http://" + p.until(d, "serving", message("serving"))["address"].(string)
	await(p.t, "an approved version is served", ready(url, http.StatusOK))
	answer := p.predicts(url, applicant)
	d.signal(syscall.SIGTERM)
	if code := p.end(d); code != 0 {
		p.t.Errorf("serve ended with %d:\n%s", code, d.said())
	}
	return answer
}

// destroys drops the database's tables and the bucket's content.
func (p *place) destroys() {
	p.t.Helper()
	db, err := sql.Open("pgx", p.owner)
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	var schema string
	if err := db.QueryRow(`SELECT current_schema()`).Scan(&schema); err != nil {
		p.t.Fatal(err)
	}
	for _, s := range []string{`DROP SCHEMA ` + schema + ` CASCADE`, `CREATE SCHEMA ` + schema} {
		if _, err := db.Exec(s); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(p.gateway.folder, bucket, "store")); err != nil {
		p.t.Fatal(err)
	}
}

// bucketOf makes another bucket of the server.
func (g *gateway) bucketOf(name string) string {
	g.t.Helper()
	if err := os.MkdirAll(filepath.Join(g.folder, name), 0o755); err != nil {
		g.t.Fatal(err)
	}
	return g.url(name)
}

type copied struct {
	ID       string
	Objects  int64
	Copied   int
	Entries  int64
	Manifest string
}

// trained is a place with the credit model, approved.
func trained(t *testing.T) *place {
	p := newPlace(t)
	p.upload("../../blueprints/examples/credit/data/credit_data.csv", "data/data/credit_data.csv")
	p.deploy(func(*plan.Plan) {})
	p.migrates()
	p.run(0, nil, "run", "--model", "default-risk")
	p.ashlar("model", "approve", "default-risk", "1", "--by", "risk-officers", "--comment", "reviewed")
	return p
}

// TestEverythingIsDestroyedAndRestored backs up as the duty of the cluster's job does,
// destroys database and bucket, and compares every row, object and answer.
func TestEverythingIsDestroyedAndRestored(t *testing.T) {
	p := trained(t)
	answer := p.answers()
	away := p.gateway.bucketOf("away")
	var first, second copied
	p.run(0, &first, "backup", "--to", away)
	p.run(0, &second, "backup", "--to", away, "--keep", "7")
	if first.Copied == 0 || int64(first.Copied) != first.Objects || second.Copied != 0 ||
		second.Objects != first.Objects {
		t.Errorf("backups: %+v, then %+v", first, second)
	}
	was := p.state()
	p.destroys()
	p.owns(2, nil, "model", "audit", "--verify") // there is nothing

	p.owns(0, nil, "restore", away, "--verify")
	p.killsRestore(away)
	var r struct {
		ID      string
		Written int
	}
	p.owns(0, &r, "restore", away, "--output", "json")
	if r.ID != second.ID {
		t.Errorf("restored %+v, want %s", r, second.ID)
	}
	if now := p.state(); !slices.Equal(now, was) {
		t.Errorf("after the restore it is\n%s\nbefore\n%s", strings.Join(now, "\n"), strings.Join(was, "\n"))
	}
	p.grants()
	if again := p.answers(); again != answer {
		t.Errorf("it answers %s, before %s", again, answer)
	}
	if said := p.ashlar("model", "audit", "--verify"); !strings.Contains(said, "is whole") {
		t.Error(said)
	}
	var o outcome
	if p.run(0, &o, "run", "--model", "default-risk"); o.Version.Version != 1 || len(strings.Fields(o.reused())) != 6 {
		t.Errorf("a run after the restore: %+v", o)
	}
}

// grants lets workloads work with a database that was restored: migrate is what a
// deployment runs.
func (p *place) grants() {
	p.t.Helper()
	workload := p.env
	p.env = append(slices.Clone(workload), "ASHLAR_DATABASE="+p.owner, "ASHLAR_DATABASE_SCHEMAS="+p.schema,
		"ASHLAR_DATABASE_MANAGER=acme-credit/dev")
	p.run(0, nil, "migrate")
	p.env = workload
}

// killsRestore kills restores at several moments.
func (p *place) killsRestore(from string) {
	p.t.Helper()
	for _, after := range []time.Duration{50, 150, 250, 400, 600} {
		cmd := exec.Command(p.cli, "restore", from)
		cmd.Env = append(slices.Clone(p.env), "ASHLAR_DATABASE="+p.owner)
		if err := cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		time.AfterFunc(after*time.Millisecond, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
	}
}

// TestAnotherRegionTakesOver walks through docs/how-to/backup.md: two regions with a
// server and a database each, of which the first is lost.
func TestAnotherRegionTakesOver(t *testing.T) {
	p := trained(t)
	other := &place{t: t, runtime: p.runtime, cli: p.cli}
	other.owner, other.schema = schema(t, os.Getenv("ASHLAR_TEST_POSTGRES"))
	other.gateway = newGateway(t, os.Getenv("ASHLAR_TEST_S3GW"), filepath.Join(t.TempDir(), "s3"))
	away := other.gateway.bucketOf("warm")
	other.env = append(slices.Clone(p.env), "ASHLAR_STORE="+other.gateway.url(bucket+"/store"))
	answer := p.answers()

	var last copied
	for i := range 3 { // what the schedule does
		p.run(0, &last, "backup", "--to", away, "--keep", "2")
		if i > 0 && last.Copied != 0 {
			t.Errorf("backup %d copied %+v", i, last)
		}
	}
	was := p.state()
	// The region is gone, its data too.
	p.destroys()
	p.gateway.down()

	began := time.Now()
	other.grants() // a stack that is deployed there, and has nothing yet
	other.owns(0, nil, "restore", away)
	t.Logf("restored in %v", time.Since(began).Round(time.Millisecond))
	if now := other.state(); !slices.Equal(now, was) {
		t.Errorf("the other region has\n%s\nthe first had\n%s", strings.Join(now, "\n"), strings.Join(was, "\n"))
	}
	if again := other.answers(); again != answer {
		t.Errorf("the other region answers %s, the first %s", again, answer)
	}
	if said := other.ashlar("model", "audit", "--verify"); !strings.Contains(said, "is whole") {
		t.Error(said)
	}
	t.Logf("answered in the other region %v after the loss", time.Since(began).Round(time.Millisecond))
	// It is backed up from there on, to a place of its own.
	other.run(0, &last, "backup", "--to", other.gateway.bucketOf("home"))
	if last.Entries == 0 || last.Copied == 0 {
		t.Errorf("the first backup of the other region: %+v", last)
	}
	// A local stack of the same backup has the same registry.
	dir := t.TempDir()
	p.owns(0, nil, "restore", away, dir)
	if said := p.owns(0, nil, "model", "list", "--dir", dir); !strings.Contains(said, "default-risk") {
		t.Error(said)
	}
	p.owns(2, nil, "restore", away, dir, "--registry", fmt.Sprint(other.owner))
}
