package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// right is what a duty's user does to the registry besides reading it.
type right struct {
	// tables: table -> "INSERT, UPDATE (column)".
	tables map[string]string
	// actions are the entries that the user adds to the audit log.
	actions []string
	// decider is who may be the decider of its decisions, as SQL about the new
	// row; "": it has none.
	decider string
}

// logged adds what every change of the audit log takes. An entry can be added
// and nothing else: nobody but the owner, who is no workload, could change or
// remove one.
func logged(tables map[string]string) map[string]string {
	tables["audit"], tables["audit_head"] = "INSERT", "UPDATE"
	return tables
}

// rights are the duties' own, compared with what each of them does by
// TestEachDutyMayDoItsWorkAndNobodyElses.
var rights = map[plan.Duty]right{
	plan.DutyWatch: {},
	plan.DutyServe: {
		tables: logged(map[string]string{
			"servings": "INSERT, UPDATE (until)", "aliases": "INSERT, UPDATE (version)", // the champion
		}),
		actions: []string{ActionServe, ActionWithdraw, ActionAlias, ActionRelease},
	},
	plan.DutyTrain: {
		tables:  logged(map[string]string{"versions": "INSERT, UPDATE (status, body)", "decisions": "INSERT"}),
		actions: []string{ActionRegister, ActionRenew, ActionRefuse, ActionApprove},
		// A version whose rule asks for nobody. What the rule is the version says
		// itself, so what serves asks the blueprint again; see package govern.
		decider: `decider = '` + PolicyActor + `' AND verdict = '` + Approved + `'`,
	},
	plan.DutyRetain: {tables: logged(map[string]string{}), actions: []string{ActionForget}},
	plan.DutyDecide: {
		tables: logged(map[string]string{
			"versions": "UPDATE (status)", "decisions": "INSERT", "aliases": "INSERT, UPDATE (version)",
			"access_keys": "INSERT, UPDATE (expires_at, revoked_at)",
		}),
		actions: []string{ActionApprove, ActionReject, ActionReview, ActionAlias,
			ActionCreateKey, ActionExpireKey, ActionRevokeKey, ActionSteer},
		decider: `decider NOT LIKE 'policy:%'`,
	},
}

// tables are what the registry consists of; every duty reads them all.
var tables = []string{"versions", "decisions", "aliases", "servings", "access_keys", "audit", "audit_head",
	goose.DefaultTablename, readersTable}

// invariants hold for everybody but the owner, as row policies: name, table,
// command and the condition on what is written.
//
// A version is what its decisions make of it, so whoever may write no decision
// can approve nothing. The log grows by one entry at a time, each after the one
// before, and its head is the newest.
var invariants = []struct{ name, table, command, check string }{
	{"pending", "versions", "INSERT", `status = '` + Pending + `'`},
	{"decided", "versions", "UPDATE", decided},
	{"served", "servings", "INSERT", `true`},
	{"ended", "servings", "UPDATE", `true`},
	{"newest", "audit_head", "UPDATE", `EXISTS (SELECT FROM %[1]s.audit a WHERE a.seq = audit_head.seq AND a.hash = audit_head.hash)
		AND NOT EXISTS (SELECT FROM %[1]s.audit a WHERE a.seq > audit_head.seq)`},
}

// decided ties a version's status to its decisions: rejected exactly if there is a
// rejection, approved only if there is an approval. It does not count approvals,
// which depends on the rule in the body; what serves counts again.
const decided = `(status = '` + Rejected + `') = EXISTS (SELECT FROM %[1]s.decisions d
		WHERE d.model = versions.model AND d.version = versions.version AND d.verdict = '` + Rejected + `')
	AND (status <> '` + Approved + `' OR EXISTS (SELECT FROM %[1]s.decisions d
		WHERE d.model = versions.model AND d.version = versions.version AND d.verdict = '` + Approved + `'))`

// statements give a user the duty's rights in a schema; both are quoted already.
// Rights on single columns keep a user from changing the others: whoever serves
// may end a serving and cannot rewrite when it began.
func (r right) statements(space, user string) []string {
	out := append(nothing(space, user), `GRANT USAGE ON SCHEMA `+space+` TO `+user)
	for _, table := range tables {
		out = append(out, fmt.Sprintf(`GRANT SELECT ON %s.%s TO %s`, space, table, user))
		if more := r.tables[table]; more != "" {
			out = append(out, fmt.Sprintf(`GRANT %s ON %s.%s TO %s`, more, space, table, user))
		}
	}
	return out
}

// nothing takes from a user what it may do to the registry.
// Rights on the schema stay, which without rights on its tables show nothing.
func nothing(space, user string) []string {
	var out []string
	for _, table := range tables {
		out = append(out, fmt.Sprintf(`REVOKE ALL ON %s.%s FROM %s`, space, table, user))
	}
	return out
}

// policies are the row policies of a user, by table: the condition on what it
// adds.
// The condition on the log makes each new entry follow the head as it is, with an
// action of the duty. For a trainer, approvals must be the policy's: otherwise it
// could write an entry that says a person approved.
func (r right) policies(space string) map[string]string {
	out := map[string]string{}
	if len(r.actions) > 0 {
		quoted := make([]string, len(r.actions))
		for i, a := range r.actions {
			quoted[i] = `'` + a + `'`
		}
		out["audit"] = `body::json ->> 'action' IN (` + strings.Join(quoted, ", ") + `)
			AND seq = (SELECT h.seq + 1 FROM ` + space +
			`.audit_head h) AND body::json ->> 'prev_hash' = (SELECT h.hash FROM ` + space + `.audit_head h)`
		if slices.Contains(r.actions, ActionApprove) && strings.Contains(r.decider, PolicyActor) {
			out["audit"] += ` AND (body::json ->> 'action' <> '` + ActionApprove +
				`' OR body::json ->> 'actor' = '` + PolicyActor + `')`
		}
	}
	if r.decider != "" {
		out["decisions"] = r.decider
	}
	return out
}
