package registry

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// rdsRole is the role by which Amazon RDS lets a user log in with an IAM token.
const rdsRole = "rds_iam"

// User is a user of the database and the duty that it has.
type User struct {
	Name string
	Duty plan.Duty // "": none any more, so that it may do nothing; it is not made
	// Password is what it logs in by; "": by an IAM token where the database
	// knows them, and else once somebody has given it a certificate.
	Password string
	// Manager is the stack that the user is made for, as Claim marks schemas: users are the
	// server's, so that two databases on it could take the same. "": no mark, whoever's.
	Manager string
}

// Grant lets each user do what its duty does in a PostgreSQL registry, and no
// more: rights are taken away that it had before. A user that is not there is
// made. Call it as the owner, after Migrate. On a schema that a newer program has
// migrated, users that are there keep the rights that it gave them.
//
// All statements run in one transaction, so that a user is never without its
// rights in between, and may run any number of times. Names and duties are
// checked before connecting: 63 bytes is PostgreSQL's limit, beyond which it cuts
// names off silently and two users could become one. A user without Password keeps
// the one that it has.
func Grant(ctx context.Context, location string, users []User, opt Options) (err error) {
	for _, u := range users {
		if u.Name == "" || len(u.Name) > 63 || strings.ContainsRune(u.Name, 0) {
			return fmt.Errorf("registry: %q is not a valid name for a database user: want 1 to 63 bytes", u.Name)
		}
		if _, known := rights[u.Duty]; !known && u.Duty != "" {
			return fmt.Errorf("registry: %q of user %s is not a duty", u.Duty, u.Name)
		}
		if u.Manager != "" && !managerForm.MatchString(u.Manager) {
			return fmt.Errorf("registry: %q of user %s does not name a stack: want PROJECT/STACK", u.Manager, u.Name)
		}
	}
	r, err := connect(ctx, location, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.dialect.schema == nil {
		return fmt.Errorf("registry %s: a file has no users; it has an owner and a mode", location)
	}
	err = r.again(ctx, func() error {
		return r.transact(ctx, nil,
			func(h handle) error { return h.grant(ctx, r, users) })
	})
	if sqlState(err) == insufficientPrivilege {
		return fmt.Errorf("registry %s: rights of its users: %w; the owner of the tables must be allowed to make roles: ALTER ROLE name CREATEROLE", r.dialect.name(location), err)
	}
	if err != nil {
		return fmt.Errorf("registry %s: rights of its users: %w", r.dialect.name(location), err)
	}
	return nil
}

// grant collects the statements first and runs them in order. They are DDL, which
// takes no parameters, so identifiers are quoted by Sanitize and the only values,
// the SCRAM verifier and the stack's name, consist of characters that need no quoting. Every name is
// qualified with the schema: the search path of the session is not relied on.
func (h handle) grant(ctx context.Context, r *Registry, users []User) error {
	schema, err := r.dialect.schema(ctx, r.db)
	if err != nil {
		return err
	}
	is, err := r.dialect.schemaOf(ctx, r.db)
	if err = errors.Join(err, is.check(r.dialect)); err != nil {
		return err
	}
	// CREATE ROLE has no IF NOT EXISTS. The owner's own role is left out, so that
	// naming it as a user fails there, before any of its rights is revoked.
	roles, err := h.roles(ctx)
	if err != nil {
		return err
	}
	g := granting{space: pgx.Identifier{schema}.Sanitize(), roles: roles, newer: is.newer()}
	statements, err := g.all(users)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := h.querier.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// granting makes the statements of a grant.
type granting struct {
	space string            // the schema, quoted
	roles map[string]string // that are there, with their comments
	// newer: a newer program has migrated the schema and given the rights. Its
	// pods may still run, and a program that was rolled back to does not know what
	// they need: it takes nothing away, and rules are the newer program's.
	newer bool
}

func (g granting) all(users []User) ([]string, error) {
	var out []string
	if !g.newer {
		out = rows(g.space)
	}
	for _, u := range users {
		of, err := g.user(u)
		if err != nil {
			return nil, err
		}
		out = append(out, of...)
	}
	return out, nil
}

// user makes one user, sets its password and gives it the rights of its duty.
func (g granting) user(u User) ([]string, error) {
	name := pgx.Identifier{u.Name}.Sanitize()
	comment, there := g.roles[u.Name]
	manager, marked := strings.CutPrefix(comment, mark)
	if marked && u.Manager != "" && manager != u.Manager {
		return nil, fmt.Errorf("the user %s belongs to the stack %s, and this is %s: choose another schema (`pulumi config set databaseSchema NAME`), after which users are named; if that stack is gone for good, take its mark off with COMMENT ON ROLE %s IS NULL", u.Name, manager, u.Manager, name)
	}
	if u.Duty == "" {
		if there && !g.newer {
			return nothing(g.space, name), nil
		}
		return nil, nil
	}
	var out []string
	if !there {
		out = append(out, `CREATE ROLE `+name+` LOGIN`)
	}
	if u.Manager != "" && !marked {
		out = append(out, `COMMENT ON ROLE `+name+` IS '`+mark+u.Manager+`'`)
	}
	if u.Password != "" {
		verifier, err := scram(u.Password)
		if err != nil {
			return nil, err
		}
		out = append(out, `ALTER ROLE `+name+` PASSWORD '`+verifier+`'`)
	}
	if _, rds := g.roles[rdsRole]; rds {
		out = append(out, `GRANT `+rdsRole+` TO `+name)
	}
	if there && g.newer {
		return out, nil
	}
	// Revoke all, then grant, so that a duty which changed leaves no rights of
	// the one before.
	of := rights[u.Duty]
	out = append(out, of.statements(g.space, name)...)
	checks := of.policies(g.space)
	for _, table := range slices.Sorted(maps.Keys(checks)) {
		out = append(out, rule(u.Name, g.space, table, "INSERT", name, checks[table])...)
	}
	return out, nil
}

// rows makes the database look at each row that is written, whoever writes it.
// Without a policy that permits it, row level security refuses everything; hence
// "seen", by which everybody with SELECT may read each row. The tables' owner is
// exempt, as PostgreSQL exempts owners.
func rows(space string) []string {
	var out []string
	for _, table := range []string{"versions", "decisions", "servings", "audit", "audit_head"} {
		out = append(out, `ALTER TABLE `+space+`.`+table+` ENABLE ROW LEVEL SECURITY`)
		out = append(out, `DROP POLICY IF EXISTS seen ON `+space+`.`+table, `CREATE POLICY seen ON `+space+`.`+table+
			` FOR SELECT USING (true)`)
	}
	for _, i := range invariants {
		out = append(out, rule(i.name, space, i.table, i.command, "PUBLIC",
			strings.ReplaceAll(i.check, "%[1]s", space))...)
	}
	return out
}

// rule is a row policy, made again.
// It is dropped first since CREATE POLICY has no OR REPLACE. USING (true) for an
// UPDATE lets any row be chosen; the check is about what it becomes.
func rule(name, space, table, command, to, check string) []string {
	name, table = pgx.Identifier{name}.Sanitize(), space+"."+table
	using := ""
	if command == "UPDATE" {
		using = ` USING (true)`
	}
	return []string{
		`DROP POLICY IF EXISTS ` + name + ` ON ` + table,
		`CREATE POLICY ` + name + ` ON ` + table + ` FOR ` + command + ` TO ` + to + using +
			` WITH CHECK (` + check + `)`,
	}
}

// scram is the password as PostgreSQL keeps it (RFC 5803), so that it is in no
// statement and in no log of the server.
// 4096 rounds and 16 bytes of salt are PostgreSQL's own defaults. The stored key
// is a hash of a hash, from which no login can be made.
func scram(password string) (string, error) {
	const rounds = 4096
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	sign := func(what string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(what))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(sign("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, b64(salt), b64(stored[:]), b64(sign("Server Key"))), nil
}
