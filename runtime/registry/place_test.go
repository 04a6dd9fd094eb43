package registry

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// place is a database that a test has for itself.
type place struct {
	location string
	postgres bool
}

// everywhere runs a test on every kind of database; fresh makes an empty one.
func everywhere(t *testing.T, test func(t *testing.T, fresh func(*testing.T) place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, freshFile) })
	t.Run("postgres", func(t *testing.T) { test(t, freshSchema) })
}

func freshFile(t *testing.T) place {
	t.Helper()
	return place{location: filepath.Join(t.TempDir(), "new", "r.db")}
}

// postgresURL is a database in which the tests may make schemas.
func postgresURL(t *testing.T) string {
	t.Helper()
	base := os.Getenv("ASHLAR_TEST_POSTGRES")
	if base == "" {
		t.Skip("no PostgreSQL to test with: set ASHLAR_TEST_POSTGRES to the URL of a database whose user may make schemas and databases")
	}
	return base
}

// emptySchema is a schema with nothing in it.
func emptySchema(t *testing.T) place {
	t.Helper()
	base := postgresURL(t)
	admin := rawURL(t, base)
	schema := "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	run(t, admin, `CREATE SCHEMA `+schema)
	t.Cleanup(func() { run(t, admin, `DROP SCHEMA `+schema+` CASCADE`) })
	return place{location: with(t, base, "search_path", schema), postgres: true}
}

func freshSchema(t *testing.T) place {
	t.Helper()
	p := emptySchema(t)
	if _, err := Migrate(t.Context(), p.location, Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	return p
}

// with is the URL with an option set.
func with(t *testing.T, location, name, value string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // PostgreSQL takes a + for itself
	return u.String()
}

func rawURL(t *testing.T, location string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", with(t, location, "default_query_exec_mode", "simple_protocol"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// open opens the registry, with a clock that moves.
func (p place) open(t *testing.T) *Registry {
	t.Helper()
	r, err := Open(t.Context(), p.location, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// raw opens the database behind the registry's back.
func (p place) raw(t *testing.T) *sql.DB {
	t.Helper()
	if p.postgres {
		return rawURL(t, p.location)
	}
	db, err := sql.Open("sqlite", p.location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (p place) schema(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(p.location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("search_path")
}

func names(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	out, err := texts(t.Context(), handle{db, sqlite()}, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
