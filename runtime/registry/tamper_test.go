package registry

import (
	"errors"
	"testing"
)

// written puts one of everything into the registry.
func written(t *testing.T, p place) place {
	t.Helper()
	r, err := Open(t.Context(), p.location, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	register(t, r, candidate("m", "1"))
	register(t, r, candidate("m", "2"))
	_, e1 := r.Approve(ctx, "m", 1, Decision{By: "grace", Comment: "fine"})
	_, e2 := r.Reject(ctx, "m", 2, Decision{By: "grace", Comment: "bad"})
	e3 := r.RecordServing(ctx, "e", "m", 1, digest("1"))
	e4 := r.SetAlias(ctx, "m", "champion", 1, "ada")
	if err := errors.Join(e1, e2, e3, e4, r.VerifyAudit(ctx), r.Close()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheLogCannotBeEditedByAccident(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := written(t, fresh(t))
		statements := []string{`UPDATE audit SET body = '{}'`, `DELETE FROM audit WHERE seq = 1`}
		if p.postgres {
			statements = append(statements, `TRUNCATE audit`)
		}
		for _, stmt := range statements {
			if _, err := p.raw(t).Exec(stmt); err == nil {
				t.Errorf("%s went through", stmt)
			}
		}
		verify(t, p.open(t))
	})
}

func TestEveryEditIsFound(t *testing.T) {
	edits := map[string]string{
		"an actor in the log":     `UPDATE audit SET body = replace(body, '"actor":"grace"', '"actor":"mallory"') WHERE seq = 3`,
		"a time in the log":       `UPDATE audit SET body = replace(body, '2026', '2025') WHERE seq = 2`,
		"an action in the log":    `UPDATE audit SET body = replace(body, 'reject', 'approve') WHERE seq = 4`,
		"a hash in the log":       `UPDATE audit SET hash = replace(hash, 'a', 'b') WHERE seq = 2`,
		"an entry removed":        `DELETE FROM audit WHERE seq = 3`,
		"the first entry removed": `DELETE FROM audit WHERE seq = 1`,
		"the tail cut off":        `DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)`,
		"two entries exchanged":   `UPDATE audit SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END WHERE seq IN (1, 2); UPDATE audit SET seq = -seq WHERE seq < 0`,
		"the head moved back":     `UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)`,
		"the head removed":        `DELETE FROM audit_head`,
		"a status":                `UPDATE versions SET status = 'approved' WHERE version = 2`,
		"an author":               `UPDATE versions SET author = 'eve' WHERE version = 1`,
		"a model's digest": `UPDATE versions SET model_digest = 'sha256:` +
			digest("9")[7:] + `' WHERE version = 1`,
		"a metric in a version":       `UPDATE versions SET body = replace(body, '0.84', '0.94') WHERE version = 1`,
		"a version's date":            `UPDATE versions SET created_at = '2020' WHERE version = 1`,
		"who approved":                `UPDATE decisions SET decider = 'mallory' WHERE version = 1`,
		"a comment":                   `UPDATE decisions SET note = 'great' WHERE version = 2`,
		"a decision removed":          `DELETE FROM decisions WHERE version = 2`,
		"a decision added":            `INSERT INTO decisions SELECT 99, model, version, verdict, 'linus', note, at FROM decisions WHERE version = 1`,
		"an alias moved":              `UPDATE aliases SET version = 2`,
		"an alias added":              `INSERT INTO aliases VALUES ('m', 'shadow', 2)`,
		"what was served":             `UPDATE servings SET version = 2`,
		"when it was served":          `UPDATE servings SET since = '2020'`,
		"that it is served no more":   `UPDATE servings SET until = '2027'`,
		"whose a key is":              `UPDATE access_keys SET caller = 'mallory'`,
		"a key's digest":              `UPDATE access_keys SET digest = 'x'`,
		"what a key opens":            `UPDATE access_keys SET endpoints = '*'`,
		"when a key ends":             `UPDATE access_keys SET expires_at = '2999'`,
		"a key that was made by hand": `INSERT INTO access_keys SELECT 'other', caller, digest, endpoints, created_by, created_at, expires_at, revoked_at FROM access_keys`,
		"a key that is gone":          `DELETE FROM access_keys`,
		"a version put in by hand":    `INSERT INTO versions SELECT model, 3, 'x', status, author, created_at, body FROM versions WHERE version = 1`,
		"a version taken out":         `DELETE FROM versions WHERE version = 2`,
	}
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		f := forge(t, withKey(t, written(t, fresh(t))))
		for name, stmt := range edits {
			run(t, f.db, stmt)
			var found *TamperedError
			if err := f.r.VerifyAudit(t.Context()); !errors.As(err, &found) {
				t.Errorf("%s went unnoticed (%v)", name, err)
			}
			f.restore(t)
		}
		verify(t, f.r)
	})
}
