package registry

import "fmt"

// ledger is what the log says the tables must hold: a row's name -> its text.
type ledger struct {
	versions  map[string]versionState
	decisions map[string]string
	aliases   map[string]string
	servings  map[string]string
	open      map[string]int64 // endpoint -> seq of what it serves
}

func newLedger() *ledger {
	return &ledger{
		versions: map[string]versionState{}, decisions: map[string]string{}, aliases: map[string]string{},
		servings: map[string]string{}, open: map[string]int64{},
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
// matches. Refusals, reviews and deletions change no table.
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
	}
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

// states are the versions' rows as text.
func (l *ledger) states() map[string]string {
	out := make(map[string]string, len(l.versions))
	for id, v := range l.versions {
		out[id] = v.String()
	}
	return out
}
