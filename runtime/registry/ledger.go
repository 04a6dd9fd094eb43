package registry

import "fmt"

// ledger is what the log says the tables must hold: a row's name -> its text.
type ledger struct {
	versions  map[string]versionState
	decisions map[string]string
	aliases   map[string]string
	servings  map[string]string
	keys      map[string]keyState
	open      map[string]int64 // endpoint -> seq of what it serves
}

func newLedger() *ledger {
	return &ledger{
		versions: map[string]versionState{}, decisions: map[string]string{}, aliases: map[string]string{},
		servings: map[string]string{}, keys: map[string]keyState{}, open: map[string]int64{},
	}
}

// versionState is what of a version is compared with the log.
type versionState struct{ digest, status, body, author, created string }

// String is the state as messages and comparisons have it.
func (v versionState) String() string {
	return fmt.Sprintf("%s %s %s %q %s", v.digest, v.status, v.body, v.author, v.created)
}

// take applies one entry.
//
// Entries must be taken in the log's order: a renewal builds on its registration,
// a serving ends the one before. Missing details read as "", which no row
// matches. Refusals, reviews, releases and deletions change no table.
func (l *ledger) take(e Entry) {
	text := func(k string) string { s, _ := e.Details[k].(string); return s }
	id := fmt.Sprintf("%s/%d", e.Model, e.Version)
	switch e.Action {
	case ActionRegister:
		l.versions[id] = versionState{text("model_digest"), Pending, text("body_digest"), e.Actor, stamp(e.Time)}
	case ActionRenew:
		v := l.versions[id]
		v.body = text("body_digest")
		l.versions[id] = v
	case ActionApprove, ActionReject:
		v := l.versions[id]
		v.status = text("status")
		l.versions[id] = v
		verdict := map[string]string{ActionApprove: Approved, ActionReject: Rejected}[e.Action]
		l.decisions[fmt.Sprint(e.Seq)] = fmt.Sprintf("%s %s %q %q %s", id, verdict, e.Actor,
			text("comment"), stamp(e.Time))
	case ActionAlias:
		l.aliases[e.Model+"@"+text("alias")] = fmt.Sprint(e.Version)
	case ActionServe:
		endpoint := text("endpoint")
		l.end(endpoint, e)
		l.servings[fmt.Sprint(e.Seq)] = fmt.Sprintf("%q %s %s %s ", endpoint, id, text("digest"), stamp(e.Time))
		l.open[endpoint] = e.Seq
	case ActionWithdraw:
		l.end(text("endpoint"), e)
	case ActionCreateKey:
		l.keys[text("key")] = keyState{text("caller"), text("digest"), text("endpoints"), e.Actor, stamp(e.Time),
			text("expires"), ""}
	case ActionExpireKey:
		k := l.keys[text("key")]
		k.expires = text("expires")
		l.keys[text("key")] = k
	case ActionRevokeKey:
		k := l.keys[text("key")]
		k.revoked = stamp(e.Time)
		l.keys[text("key")] = k
	}
}

// keyState is what of an access key is compared with the log.
type keyState struct{ caller, digest, endpoints, author, created, expires, revoked string }

// String is the state as messages and comparisons have it.
func (k keyState) String() string {
	return fmt.Sprintf("%q %s %q %q %s %s %s", k.caller, k.digest, k.endpoints, k.author, k.created, k.expires,
		k.revoked)
}

// end closes what the endpoint has been serving.
// The text of an open serving ends in a space, where an ended one has its end;
// heldServings writes the empty until in the same place.
func (l *ledger) end(endpoint string, e Entry) {
	if seq, ok := l.open[endpoint]; ok {
		l.servings[fmt.Sprint(seq)] += stamp(e.Time)
		delete(l.open, endpoint)
	}
}

// states are rows as text, by their names.
func states[S fmt.Stringer](all map[string]S) map[string]string {
	out := make(map[string]string, len(all))
	for id, v := range all {
		out[id] = v.String()
	}
	return out
}
