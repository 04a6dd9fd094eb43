package registry

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// staffed is a schema in which each duty has a user, and the registry as each of
// them and as the owner.
type staffed struct {
	t     *testing.T
	owner place
	as    map[plan.Duty]place
	names map[plan.Duty]string // of the users, not quoted
	round int
}

func newStaff(t *testing.T) *staffed {
	t.Helper()
	p := freshSchema(t)
	admin := p.raw(t)
	installation := `Ashlar "test" ` + strings.ToLower(rand.Text()[:12])
	s := &staffed{t: t, owner: p, as: map[plan.Duty]place{}, names: map[plan.Duty]string{}}
	var users []User
	for _, d := range plan.Duties() {
		name := d.User(installation)
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		users, s.names[d] = append(users, User{Name: name, Duty: d}), name
		t.Cleanup(func() { run(t, admin, `DROP OWNED BY `+quoted, `DROP ROLE `+quoted) })
		s.as[d] = place{location: with(t, p.location, "role", name), postgres: true}
	}
	for range 2 { // the second time there is nothing to make
		if err := Grant(t.Context(), p.location, users, Options{Now: clock()}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func automatic(model, id string) Candidate {
	c := candidate(model, id)
	c.Approval = plan.Approval{Policy: "auto"}
	return c
}

// act is something that the registry does, and by which duties.
type act struct {
	by []plan.Duty
	do func(r *Registry) error
}

// fresh is a candidate of another model file than any before.
func (s *staffed) fresh(c Candidate) Candidate {
	s.round++
	c.ModelDigest = fmt.Sprintf("sha256:%064x", s.round)
	return c
}

// training is what brings versions into the registry.
func (s *staffed) training(owner *Registry) map[string]act {
	t, by := s.t, []plan.Duty{plan.DutyTrain}
	return map[string]act{
		"register a version": {by, func(r *Registry) error {
			_, err := r.Register(t.Context(), s.fresh(candidate("new", "1")))
			return err
		}},
		"renew a version": {by, func(r *Registry) error {
			s.round++
			c := candidate("m", "1")
			c.Metrics = map[string]float64{"roc_auc": 0.8 + float64(s.round)/1000}
			_, err := r.Register(t.Context(), c)
			return err
		}},
		"refuse a candidate": {by, func(r *Registry) error {
			c := candidate("m", "9")
			c.Metrics = nil
			_, err := r.Register(t.Context(), c)
			if errors.As(err, new(*RefusedError)) {
				return nil
			}
			return err
		}},
		"approve by policy": {by, func(r *Registry) error {
			v := register(t, owner, s.fresh(automatic("a", "1")))
			_, err := r.AutoApprove(t.Context(), "a", v.Version, "auto")
			return err
		}},
	}
}

// deciding is what people do.
func (s *staffed) deciding(owner *Registry) map[string]act {
	t, by := s.t, []plan.Duty{plan.DutyDecide}
	return map[string]act{
		"approve": {by, func(r *Registry) error {
			v := register(t, owner, s.fresh(candidate("p", "1")))
			_, err := r.Approve(t.Context(), "p", v.Version, Decision{By: "grace"})
			return err
		}},
		"reject": {by, func(r *Registry) error {
			v := register(t, owner, s.fresh(candidate("p", "1")))
			_, err := r.Reject(t.Context(), "p", v.Version, Decision{By: "grace"})
			return err
		}},
		"make, rotate and revoke access keys": {by, func(r *Registry) error {
			s.round++
			return keyed(t, r, fmt.Sprint("by", s.round))
		}},
		"note a review": {by, func(r *Registry) error {
			s.round++
			_, err := r.RecordReview(t.Context(), "m", 1, Review{By: "ada", Source: fmt.Sprint(s.round)})
			return err
		}},
	}
}

// serving is what endpoints, retention and everybody do.
func (s *staffed) serving(owner *Registry) map[string]act {
	t, by := s.t, []plan.Duty{plan.DutyServe}
	return map[string]act{
		"serve": {by, func(r *Registry) error {
			return errors.Join(r.StopServing(t.Context(), "e"), r.RecordServing(t.Context(), "e", "m", 2, digest("2")))
		}},
		"withdraw": {by, func(r *Registry) error {
			if err := owner.RecordServing(t.Context(), "e", "m", 2, digest("2")); err != nil {
				t.Fatal(err)
			}
			return r.StopServing(t.Context(), "e", "why")
		}},
		"point an alias": {[]plan.Duty{plan.DutyServe, plan.DutyDecide}, func(r *Registry) error {
			s.round++
			name := fmt.Sprintf("a%d", s.round)
			return errors.Join(r.SetAlias(t.Context(), "m", name, 1, "ada"),
				r.SetAlias(t.Context(), "m", name, 2, "ada"))
		}},
		"note what was deleted": {[]plan.Duty{plan.DutyRetain}, func(r *Registry) error {
			return r.RecordForgotten(t.Context(), "ada", "d", map[string]any{"objects": 1.0})
		}},
		"read": {plan.Duties(), func(r *Registry) error {
			_, e1 := r.Versions(t.Context(), "m")
			_, e2 := r.Head(t.Context())
			_, e3 := r.Audit(t.Context(), Filter{})
			_, e4 := r.Served(t.Context(), "m", clock()())
			return errors.Join(e1, e2, e3, e4, r.VerifyAudit(t.Context()))
		}},
	}
}

// TestEachDutyMayDoItsWorkAndNobodyElses goes through everything that the
// registry does, as every duty, and holds who may do what.
func TestEachDutyMayDoItsWorkAndNobodyElses(t *testing.T) {
	s := newStaff(t)
	owner := s.owner.open(t)
	register(t, owner, candidate("m", "1"))
	register(t, owner, candidate("m", "2"))
	if _, err := owner.Approve(t.Context(), "m", 2, Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	for _, d := range plan.Duties() {
		r := s.as[d].open(t)
		for _, acts := range []map[string]act{s.training(owner), s.deciding(owner), s.serving(owner)} {
			for what, a := range acts {
				err := a.do(r)
				var refused *pgconn.PgError
				switch may := slices.Contains(a.by, d); {
				case may && err != nil:
					t.Errorf("%s may not %s: %v", d, what, err)
				case !may && (!errors.As(err, &refused) || refused.Code != insufficientPrivilege):
					t.Errorf("%s may %s: %v", d, what, err)
				}
			}
		}
	}
	verify(t, owner)
}

// entry is an audit entry that continues the log, made by hand.
const entry = `INSERT INTO audit (seq, body, hash) SELECT seq + 1, json_build_object('action', '%', 'actor', 'grace', 'prev_hash', hash)::text, 'sha256:x' FROM audit_head`

// nobody may do any of it.
var nobody = []string{
	`DELETE FROM audit`, `UPDATE audit SET body = ''`, `TRUNCATE audit`, `DROP TRIGGER audit_no_update ON audit`,
	`ALTER TABLE audit DISABLE TRIGGER ALL`, `ALTER TABLE audit DISABLE ROW LEVEL SECURITY`,
	`DROP POLICY newest ON audit_head`,
	`DELETE FROM audit_head`, `INSERT INTO audit_head VALUES (2, 1, '')`, `UPDATE audit_head SET seq = 1`,
	`UPDATE audit_head SET hash = 'x'`,
	`DELETE FROM versions`, `UPDATE versions SET author = 'eve'`, `UPDATE versions SET model_digest = 'x'`,
	`INSERT INTO versions VALUES ('x', 1, 'd', 'approved', 'eve', '', '{}')`,
	`UPDATE versions SET status = 'approved' WHERE version = 3`,
	`UPDATE versions SET status = 'rejected' WHERE version = 3`,
	`UPDATE versions SET status = 'approved' WHERE version = 2`,
	`UPDATE versions SET status = 'pending' WHERE version = 2`,
	`DELETE FROM decisions`, `UPDATE decisions SET decider = 'eve'`, `DELETE FROM servings`,
	`UPDATE servings SET version = 2`, `DELETE FROM aliases`,
	`INSERT INTO audit VALUES (99, '{"action": "serve"}', 'x')`, strings.ReplaceAll(entry, "%", "nonsense"),
	`DROP TABLE audit`, `CREATE TABLE mine (x int)`, `DELETE FROM goose_db_version`,
	`UPDATE access_keys SET endpoints = '*'`, `UPDATE access_keys SET digest = 'x'`, `DELETE FROM access_keys`,
	`UPDATE schema_readers SET oldest_reader = 99`, `CREATE ROLE mine`,
}

// others are what another duty may do.
var others = map[plan.Duty][]string{
	plan.DutyServe: {
		`INSERT INTO decisions VALUES (50, 'm', 3, 'approved', 'grace', '', '')`,
		`INSERT INTO decisions VALUES (50, 'm', 3, 'approved', 'policy:auto', '', '')`,
		`UPDATE versions SET body = ''`, `INSERT INTO versions VALUES ('x', 1, 'd', 'pending', 'eve', '', '{}')`,
		strings.ReplaceAll(entry, "%", "approve"), strings.ReplaceAll(entry, "%", "register"),
	},
	plan.DutyTrain: {
		`INSERT INTO decisions VALUES (50, 'm', 3, 'approved', 'grace', '', '')`,
		`INSERT INTO decisions VALUES (50, 'm', 3, 'rejected', 'policy:auto', '', '')`,
		strings.ReplaceAll(entry, "%", "approve"), strings.ReplaceAll(entry, "%", "reject"),
		strings.ReplaceAll(entry, "%", "serve"),
		`INSERT INTO servings VALUES (50, 'e', 'm', 1, 'd', '')`, `UPDATE servings SET until = 'x'`,
		`INSERT INTO aliases VALUES ('m', 'x', 1)`,
	},
	plan.DutyRetain: {
		`INSERT INTO decisions VALUES (50, 'm', 3, 'approved', 'grace', '', '')`,
		`UPDATE versions SET status = 'approved'`, `UPDATE versions SET body = ''`,
		strings.ReplaceAll(entry, "%", "approve"), `INSERT INTO servings VALUES (50, 'e', 'm', 1, 'd', '')`,
	},
	plan.DutyWatch: {strings.ReplaceAll(entry, "%", "forget"), `UPDATE audit_head SET seq = seq`,
		`LOCK TABLE audit_head IN EXCLUSIVE MODE`, `UPDATE versions SET body = ''`},
	plan.DutyDecide: {
		`INSERT INTO decisions VALUES (50, 'm', 3, 'approved', 'policy:auto', '', '')`, `UPDATE versions SET body = ''`,
		`INSERT INTO versions VALUES ('x', 1, 'd', 'pending', 'eve', '', '{}')`,
		strings.ReplaceAll(entry, "%", "register"), `UPDATE servings SET until = 'x'`,
	},
}

// TestNobodyCoversAnythingUp tries, as every duty, by SQL of its own, what the
// registry's code would never do.
func TestNobodyCoversAnythingUp(t *testing.T) {
	s := newStaff(t)
	written(t, s.owner)
	owner := s.owner.open(t)
	register(t, owner, candidate("m", "7"))
	admin, before := s.owner.raw(t), contents(t, s.owner.raw(t))
	for _, d := range plan.Duties() {
		db := s.as[d].raw(t)
		for _, stmt := range append(slices.Clone(nobody), others[d]...) {
			var refused *pgconn.PgError
			if _, err := db.Exec(`BEGIN; ` + stmt + `; COMMIT`); !errors.As(err, &refused) ||
				!slices.Contains([]string{insufficientPrivilege, "0LP01", "22023"}, refused.Code) {
				t.Errorf("%s: %s: %v", d, stmt, err)
			}
			if _, err := db.Exec(`ROLLBACK`); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Migrate(t.Context(), s.as[d].location, Options{Now: clock()}); err != nil {
			t.Errorf("%s: a schema that is up to date needs no rights: %v", d, err)
		}
	}
	if after := contents(t, admin); after != before {
		t.Errorf("something was changed: %d bytes, %d before", len(after), len(before))
	}
	verify(t, owner)
}

// contents is everything that the registry holds.
func contents(t *testing.T, db *sql.DB) string {
	t.Helper()
	var out []string
	for _, table := range tables {
		var text string
		if err := db.QueryRow(`SELECT COALESCE(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM ` + table +
			` x`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, table+": "+text)
	}
	return strings.Join(out, "\n")
}

// A trainer that says of its version that nobody has to approve it gets the
// policy's approval, which is no person's: what serves asks the blueprint.
func TestAPolicysApprovalIsNoPersons(t *testing.T) {
	s := newStaff(t)
	r := s.as[plan.DutyTrain].open(t)
	v := register(t, r, automatic("m", "1"))
	v, err := r.AutoApprove(t.Context(), "m", v.Version, "auto")
	if err != nil || v.Status != Approved {
		t.Fatalf("%+v, %v", v, err)
	}
	if n := len(v.Approvals(plan.Approval{Policy: "manual", Count: 1})); n != 0 {
		t.Errorf("it counts as %d people's", n)
	}
}

// TestAUserLogsInByItsOwnPassword: the password is derived, sent to the server
// as SCRAM's verifier alone, and another user's is of no use.
func TestAUserLogsInByItsOwnPassword(t *testing.T) {
	p := freshSchema(t)
	admin := p.raw(t)
	installation := "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	var users []User
	for _, d := range []plan.Duty{plan.DutyServe, plan.DutyTrain} {
		users = append(users, User{Name: d.User(installation), Duty: d, Password: "secret of " + string(d)})
		t.Cleanup(func() { run(t, admin, `DROP OWNED BY `+d.User(installation), `DROP ROLE `+d.User(installation)) })
	}
	if err := Grant(t.Context(), p.location, users, Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	var kept string
	if err := admin.QueryRow(`SELECT rolpassword FROM pg_authid WHERE rolname = $1`,
		users[0].Name).Scan(&kept); err != nil || !strings.HasPrefix(kept, "SCRAM-SHA-256$4096:") {
		t.Errorf("kept as %q: %v", kept, err)
	}
	u, err := url.Parse(p.location)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	host := q.Get("host")
	if host == "" && (u.Hostname() == "" || strings.HasPrefix(u.Hostname(), "/")) {
		t.Skip("the server is reached by a socket, which asks for no password")
	}
	u.User = url.UserPassword(users[0].Name, users[0].Password)
	if r, err := Open(t.Context(), u.String(), Options{Now: clock()}); err != nil {
		t.Errorf("its own password: %v", err)
	} else if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestAUserWithoutADutyMayNothingAnyMore(t *testing.T) {
	p := freshSchema(t)
	admin := p.raw(t)
	user := "ashlar_test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { run(t, admin, `DROP OWNED BY `+user, `DROP ROLE `+user) })
	for _, duty := range []plan.Duty{plan.DutyServe, ""} {
		if err := Grant(t.Context(), p.location, []User{{Name: user, Duty: duty}}, Options{Now: clock()}); err != nil {
			t.Fatal(err)
		}
		_, err := place{location: with(t, p.location, "role", user), postgres: true}.raw(t).Exec(`SELECT FROM versions`)
		if may := duty != ""; may != (err == nil) || !may && sqlState(err) != insufficientPrivilege {
			t.Errorf("%q: %v", duty, err)
		}
	}
}

func TestRightsAreGivenToUsersOfDatabasesAlone(t *testing.T) {
	for location, c := range map[string]struct {
		user User
		want string
	}{
		freshFile(t).location:      {User{Name: "ada", Duty: plan.DutyServe}, "a file has no users"},
		"postgres://127.0.0.1:1/x": {User{Duty: plan.DutyServe}, "not a valid name for a database user"},
		"postgres://127.0.0.1:2/x": {User{Name: "ada", Duty: "everything"}, "is not a duty"},
	} {
		if err := Grant(t.Context(), location, []User{c.user}, Options{Now: clock()}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", location, err)
		}
	}
}
