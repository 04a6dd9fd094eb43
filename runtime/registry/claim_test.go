package registry

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// newName is of a schema that is not there; it is dropped at the end.
func newName(t *testing.T) (location, schema string) {
	t.Helper()
	location, schema = postgresURL(t), "ashlar_test_"+strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { run(t, rawURL(t, location), `DROP SCHEMA IF EXISTS `+schema+` CASCADE`) })
	return location, schema
}

// ownDatabase is a database with nothing but the schema public.
func ownDatabase(t *testing.T) string {
	t.Helper()
	base, name := postgresURL(t), "ashlar_test_"+strings.ToLower(rand.Text()[:12])
	admin := rawURL(t, base)
	run(t, admin, `CREATE DATABASE `+name+` TEMPLATE template0`)
	t.Cleanup(func() { run(t, admin, `DROP DATABASE `+name+` WITH (FORCE)`) })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func TestASchemaBelongsToTheStackThatClaimedIt(t *testing.T) {
	location, schema := newName(t)
	claim := func(manager string) error {
		return Claim(t.Context(), location, schema, manager, Options{Now: clock()})
	}
	for range 2 {
		if err := claim("acme-credit/dev"); err != nil {
			t.Fatal(err)
		}
	}
	err := claim("other/dev")
	if err == nil || !strings.Contains(err.Error(), "belongs to the stack acme-credit/dev, and this is other/dev") {
		t.Errorf("another stack's claim: %v", err)
	}
	run(t, rawURL(t, location), `COMMENT ON SCHEMA `+schema+` IS NULL`)
	if err := claim("other/dev"); err != nil {
		t.Errorf("once the mark is gone: %v", err)
	}
}

func TestASchemaWithoutARegistryNamesThoseWithOne(t *testing.T) {
	location := ownDatabase(t)
	if err := Claim(t.Context(), location, "acme__dev", "acme/dev", Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	inside := with(t, location, "search_path", "acme__dev")
	if _, err := Migrate(t.Context(), inside, Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), location, Options{Now: clock()})
	if err == nil || !strings.Contains(err.Error(), "but acme__dev: add search_path=SCHEMA") {
		t.Errorf("got %v", err)
	}
}

func TestOfTwoClaimsAtOnceOneIsRefused(t *testing.T) {
	location, schema := newName(t)
	results := make(chan error)
	for _, manager := range []string{"acme/dev", "other/dev"} {
		go func() {
			results <- Claim(t.Context(), location, schema, manager, Options{Now: clock()})
		}()
	}
	if a, b := <-results, <-results; (a == nil) == (b == nil) {
		t.Errorf("%v and %v", a, b)
	}
}

func TestNoStackMakesASchemaBesideARegistryOfNobody(t *testing.T) {
	location := ownDatabase(t)
	claim := func(schema string) error {
		return Claim(t.Context(), location, schema, "acme/dev", Options{Now: clock()})
	}
	if _, err := Migrate(t.Context(), location, Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	if err := claim("acme__dev"); err == nil || !strings.Contains(err.Error(), "databaseSchema public") {
		t.Errorf("got %v", err)
	}
	for _, schema := range []string{"public", "acme__dev"} {
		if err := claim(schema); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

func TestAUserBelongsToTheStackThatItWasMadeFor(t *testing.T) {
	p, name := freshSchema(t), "ashlar_test_"+strings.ToLower(rand.Text()[:12])+"_watch"
	t.Cleanup(func() { run(t, p.raw(t), `DROP OWNED BY `+name, `DROP ROLE `+name) })
	grant := func(manager string) error {
		return Grant(t.Context(), p.location, []User{{Name: name, Duty: plan.DutyWatch, Manager: manager}},
			Options{Now: clock()})
	}
	for range 2 {
		if err := grant("acme/dev"); err != nil {
			t.Fatal(err)
		}
	}
	err := grant("other/dev")
	if err == nil || !strings.Contains(err.Error(), "belongs to the stack acme/dev, and this is other/dev") {
		t.Errorf("another stack takes it: %v", err)
	}
}

func TestNamesOfSchemasAndStacksAreCheckedBeforeConnecting(t *testing.T) {
	for _, wrong := range [][2]string{{"", "a/b"}, {"Upper", "a/b"}, {"pg_toast", "a/b"}, {`a"b`, "a/b"}, {"1a", "a/b"},
		{strings.Repeat("x", 57), "a/b"}, {"fine", ""}, {"fine", "a"}, {"fine", "a/b'"}, {"fine", "a/b/c"}} {
		err := Claim(t.Context(), "postgres://127.0.0.1:1/none", wrong[0], wrong[1], Options{Now: clock()})
		if err == nil || !slices.ContainsFunc([]string{"not a name for a schema", "does not name a stack"},
			func(s string) bool { return strings.Contains(err.Error(), s) }) {
			t.Errorf("%q of %q: %v", wrong[0], wrong[1], err)
		}
	}
	err := Claim(t.Context(), t.TempDir()+"/r.db", "fine", "a/b", Options{Now: clock()})
	if err == nil || !strings.Contains(err.Error(), "a file has no schemas") {
		t.Errorf("a file: %v", err)
	}
}
