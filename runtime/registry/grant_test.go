package registry

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestAWorkloadMayDoItsWorkAndNotCoverItUp goes through a version's whole life
// with the rights that Grant gives, and tries what they must not allow.
func TestAWorkloadMayDoItsWorkAndNotCoverItUp(t *testing.T) {
	p := freshSchema(t)
	admin := p.raw(t)
	user := `Ashlar "test" ` + strings.ToLower(rand.Text()[:12])
	quoted := `"` + strings.ReplaceAll(user, `"`, `""`) + `"`
	t.Cleanup(func() { run(t, admin, `DROP OWNED BY `+quoted, `DROP ROLE `+quoted) })
	for range 2 { // the second time there is nothing to make
		if err := Grant(t.Context(), p.location, user, Options{Now: clock()}); err != nil {
			t.Fatal(err)
		}
	}
	workload := place{location: with(t, p.location, "role", user), postgres: true}
	written(t, workload)
	r := workload.open(t)
	if err := r.StopServing(t.Context(), "e"); err != nil {
		t.Error(err)
	}
	verify(t, r)
	db := workload.raw(t)
	for _, stmt := range []string{
		`DELETE FROM audit`, `UPDATE audit SET body = ''`, `TRUNCATE audit`, `DROP TRIGGER audit_no_update ON audit`,
		`ALTER TABLE audit DISABLE TRIGGER ALL`, `DELETE FROM versions`, `DELETE FROM decisions`, `UPDATE decisions SET decider = 'eve'`,
		`DELETE FROM audit_head`, `DELETE FROM servings`, `DROP TABLE audit`, `CREATE TABLE mine (x int)`, `DELETE FROM goose_db_version`,
	} {
		var refused *pgconn.PgError
		if _, err := db.Exec(stmt); !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("%s: %v", stmt, err)
		}
	}
	if _, err := Migrate(t.Context(), workload.location, Options{Now: clock()}); err != nil {
		t.Errorf("a schema that is up to date needs no rights: %v", err)
	}
}

func TestRightsAreGivenToUsersOfDatabasesAlone(t *testing.T) {
	for location, c := range map[string]struct{ user, want string }{
		freshFile(t).location:      {"ada", "a file has no users"},
		"postgres://127.0.0.1:1/x": {"", "no name of a database user"},
	} {
		if err := Grant(t.Context(), location, c.user, Options{Now: clock()}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", location, err)
		}
	}
}
