package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// grown is a registry with a log of n entries that change no table.
func grown(t testing.TB, n int) (*Registry, string) {
	t.Helper()
	file := t.TempDir() + "/r.db"
	r, err := Open(t.Context(), file, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	appended(t, r, n)
	return r, file
}

// appended adds n reviews to the log.
func appended(t testing.TB, r *Registry, n int) {
	t.Helper()
	err := r.transact(t.Context(), &sql.TxOptions{}, func(h handle) error {
		a, err := readAnchor(t.Context(), h)
		if err != nil {
			return err
		}
		c := &change{handle: h, seq: a.Seq, hash: a.Hash, at: noon}
		for i := range n {
			if _, err := c.append(t.Context(),
				event{Actor: "ada", Action: ActionReview, Model: "m", Version: i + 1,
					Details: map[string]any{"comment": "fine"}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checked(t *testing.T, w *Watch) Verified {
	t.Helper()
	v, err := w.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestALookReadsWhatIsNew(t *testing.T) {
	r, _ := grown(t, 2000)
	w := r.Watch()
	if v := checked(t, w); v.Tampering != nil || v.Seq != 2000 || v.Whole.IsZero() {
		t.Fatalf("%+v", v)
	}
	for range 10 {
		checked(t, w)
	}
	appended(t, r, 5)
	if v := checked(t, w); v.Tampering != nil || v.Seq != 2005 {
		t.Errorf("%+v", v)
	}
	if w.lines > 20 {
		t.Errorf("eleven looks read %d entries of which five were new", w.lines)
	}
}

func TestAnEditIsFoundAtOnceOrWithinItsBound(t *testing.T) {
	for name, c := range map[string]struct {
		edit string
		full bool // only when all of it is verified
	}{
		"the newest entry edited": {`UPDATE audit SET hash = 'x' WHERE seq = 50`, false},
		"the tail cut off":        {`DELETE FROM audit WHERE seq > 48`, false},
		"the log emptied":         {`DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = ''`, false},
		"the head moved": {`UPDATE audit_head SET seq = 49, hash = (SELECT hash FROM audit WHERE seq = 49)`,
			false},
		"an entry put in at the end": {`INSERT INTO audit SELECT 51, body, hash FROM audit WHERE seq = 50`, false},
		"an old entry edited":        {`UPDATE audit SET body = replace(body, 'ada', 'eve') WHERE seq = 3`, true},
		"an old entry removed":       {`DELETE FROM audit WHERE seq = 3`, true},
		"a version put into the tables": {`INSERT INTO versions VALUES ('m', 3, 'x', 'approved', 'eve', '2020', '{}')`,
			true},
	} {
		t.Run(name, func(t *testing.T) {
			r, file := grown(t, 50)
			db := place{location: file}.raw(t)
			run(t, db, `DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`)
			w := r.Watch()
			if v := checked(t, w); v.Tampering != nil {
				t.Fatal(v.Tampering)
			}
			time.Sleep(5 * time.Millisecond) // file systems count time coarsely
			run(t, db, c.edit)
			v := checked(t, w)
			if found := v.Tampering != nil; found == c.full {
				t.Errorf("the next look: %v", v.Tampering)
			}
			if c.full && !w.Due() {
				t.Error("somebody wrote without an entry, and nobody looks")
			}
			v, err := w.Full(t.Context())
			if err != nil || v.Tampering == nil {
				t.Errorf("all of it: %v %v", v.Tampering, err)
			}
			if v := checked(t, w); v.Tampering == nil {
				t.Error("it is forgotten again")
			}
		})
	}
}

func TestARewrittenLogIsFoundByWhoSawTheOldOne(t *testing.T) {
	r, file := grown(t, 20)
	w := r.Watch()
	checked(t, w)
	db := place{location: file}.raw(t)
	run(t, db, `DROP TRIGGER audit_no_update`)
	hash := ""
	for seq := 1; seq <= 20; seq++ { // everything follows again, with another actor
		var body string
		if err := db.QueryRow(`SELECT body FROM audit WHERE seq = ?`, seq).Scan(&body); err != nil {
			t.Fatal(err)
		}
		var e Entry
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatal(err)
		}
		e.Actor, e.PrevHash = "eve", hash
		text, err := plan.Canonical(e)
		if err != nil {
			t.Fatal(err)
		}
		hash = plan.DigestBytes(text)
		run(t, db, fmt.Sprintf(`UPDATE audit SET body = '%s', hash = '%s' WHERE seq = %d`,
			strings.ReplaceAll(string(text), "'", "''"), hash, seq))
	}
	run(t, db, fmt.Sprintf(`UPDATE audit_head SET hash = '%s'`, hash))
	verify(t, r) // by itself the log is whole
	if v := checked(t, w); v.Tampering == nil {
		t.Error("it went unnoticed")
	}
	if v, err := w.Full(t.Context()); err != nil || v.Tampering == nil {
		t.Errorf("all of it: %v %v", v.Tampering, err)
	}
}

func TestALogIsVerifiedAgainAfterFiveMinutes(t *testing.T) {
	now := noon
	r, err := Open(t.Context(), t.TempDir()+"/r.db", Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w := r.Watch()
	checked(t, w)
	if now = now.Add(fullEvery - time.Second); w.Due() {
		t.Error("too early")
	}
	if now = now.Add(time.Second); !w.Due() {
		t.Error("too late")
	}
	if v, err := w.Full(context.Background()); err != nil || w.Due() || !v.Whole.Equal(now) {
		t.Errorf("%v %v", v, err)
	}
}

// BenchmarkWatch is what a look costs beside verifying all of it.
func BenchmarkWatch(b *testing.B) {
	r, _ := grown(b, 100_000)
	w := r.Watch()
	if _, err := w.Check(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			if v, err := w.Check(b.Context()); err != nil || v.Tampering != nil {
				b.Fatal(v.Tampering, err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if v, err := w.Full(b.Context()); err != nil || v.Tampering != nil {
				b.Fatal(v.Tampering, err)
			}
		}
	})
}
