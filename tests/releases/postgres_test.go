package releases

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// database is a schema of PostgreSQL that a test has for itself.
type database struct {
	location string
	raw      *sql.DB
}

// restored is a schema with what the release left in it.
func restored(t *testing.T, dir string) database {
	t.Helper()
	base := os.Getenv("ASHLAR_TEST_POSTGRES")
	if base == "" {
		t.Skip("no PostgreSQL to test with: set ASHLAR_TEST_POSTGRES to the URL of a database whose user may make schemas")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	schema := "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	d := database{location: u.String()}
	q.Set("default_query_exec_mode", "simple_protocol") // which takes several statements at once
	u.RawQuery = q.Encode()
	if d.raw, err = sql.Open("pgx", u.String()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "postgres.sql"))
	if err != nil {
		t.Fatal(err)
	}
	d.run(t, strings.ReplaceAll(string(text), "the_schema", schema))
	t.Cleanup(func() {
		d.run(t, `DROP SCHEMA `+schema+` CASCADE`)
		d.raw.Close()
	})
	return d
}

func (d database) run(t *testing.T, statement string) {
	t.Helper()
	if _, err := d.raw.Exec(statement); err != nil {
		t.Fatalf("%.100s: %v", statement, err)
	}
}

func (d database) open(t *testing.T) *registry.Registry {
	t.Helper()
	r, err := registry.Open(t.Context(), d.location, registry.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// uses reads what the release left, and writes: what it decides nobody has decided yet.
func uses(t *testing.T, r *registry.Registry, source string) {
	t.Helper()
	v, err := r.Version(t.Context(), "lateness", 1)
	if err != nil || v.Status != registry.Approved || len(v.Decisions) != 1 || v.Metrics["roc_auc"] < 0.9 {
		t.Errorf("%s: %+v, %v", source, v, err)
	}
	if e, err := r.Endpoints(t.Context()); err != nil || len(e) == 0 || e[0] != "scoring" {
		t.Errorf("%s: endpoints %v, %v", source, e, err)
	}
	if _, err := r.RecordReview(t.Context(), "lateness", 1, registry.Review{By: "grace", Source: source}); err != nil {
		t.Errorf("%s: %v", source, err)
	}
	if err := r.RecordServing(t.Context(), "second-"+source, "lateness", 1, v.ModelDigest); err != nil {
		t.Errorf("%s: %v", source, err)
	}
	if err := r.VerifyAudit(t.Context()); err != nil {
		t.Errorf("%s: %v", source, err)
	}
}

// TestTheDatabaseOfEveryReleaseIsReadAndWritten opens the registry as the release left it,
// before it is migrated and after. What was opened before goes on through it.
func TestTheDatabaseOfEveryReleaseIsReadAndWritten(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	_, oldest := registry.Schemas()
	for name, dir := range folders(t) {
		t.Run(name, func(t *testing.T) {
			d := restored(t, dir)
			var before *registry.Registry
			if schemaOf(all, name) >= int(oldest) {
				before = d.open(t)
				uses(t, before, "before")
			}
			done, err := registry.Migrate(t.Context(), d.location, registry.Options{Now: time.Now})
			newest, _ := registry.Schemas()
			if err != nil || int(done.From) != schemaOf(all, name) || done.To != newest {
				t.Errorf("migrated %+v, %v", done, err)
			}
			if before != nil {
				uses(t, before, "through")
			}
			uses(t, d.open(t), "after")
		})
	}
	if last := Newest(all); last.Schema < int(oldest) {
		t.Errorf("this program needs schema %d, and release %s has %d: pods would not start before the migration",
			oldest,
			last.Name, last.Schema)
	}
}

func schemaOf(all []Release, name string) int {
	for _, r := range all {
		if r.Name == name {
			return r.Schema
		}
	}
	return 0
}
