package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func candidate() registry.Candidate {
	auc := 0.84
	digest := "sha256:" + strings.Repeat("a", 64)
	return registry.Candidate{
		Blueprint: "credit", Environment: "prod", Model: "default-risk", RunID: "run-1",
		ModelDigest: digest, PlanDigest: digest,
		Data: registry.Data{Source: "data.csv", Digest: digest}, Author: "ada", TrainedAt: time.Now().Add(-time.Hour),
		Algorithm: "random_forest",
		Metrics:   map[string]float64{"roc_auc": auc},
		Gates:     []registry.Gate{{Name: "roc_auc", Value: &auc, Want: ">=0.8", Passed: true}},
		Approval:  plan.Approval{Policy: "manual", Count: 1, NotAuthor: true},
	}
}

// cluster is a registry in PostgreSQL with one pending version.
func cluster(t *testing.T) string {
	t.Helper()
	base := os.Getenv("ASHLAR_TEST_POSTGRES")
	if base == "" {
		t.Skip("no PostgreSQL to test with: set ASHLAR_TEST_POSTGRES to the URL of a database whose user may make schemas")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", base) // the driver that package registry brings
	if err != nil {
		t.Fatal(err)
	}
	schema := "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	do := func(statement string) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE SCHEMA " + schema)
	t.Cleanup(func() {
		do("DROP SCHEMA " + schema + " CASCADE")
		db.Close()
	})
	u.RawQuery += "&search_path=" + schema
	location := u.String()
	if _, err := registry.Migrate(t.Context(), location, registry.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	r, err := registry.Open(t.Context(), location, registry.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Register(t.Context(), candidate()); err != nil {
		t.Fatal(err)
	}
	return location
}

func TestModelsOfAClusterAreApprovedAsThoseOfALaptop(t *testing.T) {
	location := cluster(t)
	code, out, errs := ashlar(t, "model", "list", "--registry", location)
	if code != 0 || !strings.Contains(out, "default-risk") || !strings.Contains(out, "pending") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if code, _, errs := ashlar(t, "model", "approve", "default-risk", "1", "--by", "ADA", "--registry",
		location); code != 2 || !strings.Contains(errs, "other than the author") {
		t.Errorf("%d %s", code, errs)
	}
	t.Setenv("ASHLAR_DATABASE", location)
	if code, out, errs := ashlar(t, "model", "approve", "default-risk", "1", "--by", "grace", "--comment",
		"reviewed"); code != 0 || out != "default-risk version 1 is approved\n" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	code, out, errs = ashlar(t, "model", "show", "default-risk", "1", "-o", "json")
	var v registry.Version
	if err := json.Unmarshal([]byte(out), &v); code != 0 || err != nil || v.Status != registry.Approved ||
		v.Decisions[0].By != "grace" {
		t.Errorf("%d %s %s %v", code, out, errs, err)
	}
	if code, out, errs := ashlar(t, "model", "audit", "--verify"); code != 0 || !strings.Contains(out, "2 ent") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if code, out, errs := ashlar(t, "model", "served-at", "now"); code != 0 ||
		!strings.Contains(out, "nothing was served") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	// A local stack that is named is meant, whatever the environment says.
	if code, _, errs := ashlar(t, "model", "list", "--dir", t.TempDir()); code != 2 ||
		!strings.Contains(errs, "no local stack") {
		t.Errorf("%d %s", code, errs)
	}
}

func TestAWrongRegistryIsWrongInput(t *testing.T) {
	for _, c := range []struct {
		mode, location string
		more           []string
		want           string
	}{
		{"", "registry.db", nil, "is a URL such as postgres://"},
		{"", "mysql://ada:s3cr3t@host/x", nil, "PostgreSQL database as postgres://"},
		{"", "postgres://ada:s3cr3t@127.0.0.1/x", []string{"--dir", "."}, "use one"},
		{"iam", "postgres://ada:s3cr3t@127.0.0.1/x", nil, "take it out"},
		{"kerberos", "postgres://ada@127.0.0.1/x", nil, "use password, secret or iam"},
		{"secret", "postgres://ada@127.0.0.1/x", nil, "needs the ARN"},
		{"", "postgres://ada:s3cr3t@no-such-host.invalid/x", nil, "no-such-host.invalid"},
	} {
		t.Setenv("ASHLAR_DATABASE_AUTH", c.mode)
		code, _, errs := ashlar(t, append([]string{"model", "list", "--registry", c.location}, c.more...)...)
		if code != 2 || !strings.Contains(errs, c.want) || strings.Contains(errs, "s3cr3t") {
			t.Errorf("%s %s: %d %s, want %q", c.mode, c.location, code, errs, c.want)
		}
	}
	if entries, err := filepath.Glob("registry.db*"); err != nil || len(entries) > 0 {
		t.Errorf("something was left behind: %v, %v", entries, err)
	}
}
