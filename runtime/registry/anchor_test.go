package registry

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func exported(t *testing.T, r *Registry) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.ExportAudit(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnExportedLogVerifiesByItself(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := written(t, fresh(t)).open(t)
		text := exported(t, r)
		here, err := r.Anchor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if end, err := VerifyExport(strings.NewReader(text), here); err != nil || end != here || end.Seq != 6 {
			t.Errorf("ends at %+v, want %+v (%v)", end, here, err)
		}
		if end, err := VerifyExport(strings.NewReader("")); err != nil || end != (Anchor{}) {
			t.Errorf("an empty log: %+v, %v", end, err)
		}
		lines := strings.SplitAfter(text, "\n")
		for name, bad := range map[string]string{
			"an actor":            strings.Replace(text, `"actor":"grace"`, `"actor":"eve"`, 1),
			"space":               strings.Replace(text, `,"hash"`, `, "hash"`, 1),
			"the order":           lines[1] + lines[0] + strings.Join(lines[2:], ""),
			"a line removed":      lines[0] + strings.Join(lines[2:], ""),
			"the tail removed":    strings.Join(lines[:5], ""),
			"a line doubled":      lines[0] + text,
			"a hash removed":      strings.Replace(text, `"hash"`, `"hush"`, 1),
			"something else":      text + "{}\n",
			"no JSON":             text + "hello\n",
			"null":                "null\n",
			"two entries a line":  strings.Replace(text, "\n", "", 1),
			"a field that is new": strings.Replace(text, `"action":"register"`, `"action":"register","note":"x"`, 1),
		} {
			var tampered *TamperedError
			if _, err := VerifyExport(strings.NewReader(bad), here); !errors.As(err, &tampered) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestARewrittenLogIsFoundByAnAnchor rewrites the whole chain, as somebody
// with the file and this program's source could.
func TestARewrittenLogIsFoundByAnAnchor(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		f := forge(t, written(t, fresh(t)))
		r, db := f.r, f.db
		noted, err := r.Anchor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.SetAlias(t.Context(), "m", "champion", 2, "ada"); err != nil {
			t.Fatal(err)
		}
		if err := r.VerifyAudit(t.Context(), noted); err != nil {
			t.Errorf("a log that only grew: %v", err)
		}
		prev := ""
		for seq := 1; seq <= 7; seq++ {
			var body string
			if err := db.QueryRow(fmt.Sprintf(`SELECT body FROM audit WHERE seq = %d`, seq)).Scan(&body); err != nil {
				t.Fatal(err)
			}
			fields, err := decodeFields([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			fields["prev_hash"] = prev
			if fields["actor"] == "grace" {
				fields["actor"] = "mallory"
			}
			forged, err := plan.Canonical(fields)
			if err != nil {
				t.Fatal(err)
			}
			prev = plan.DigestBytes(forged)
			run(t, db, fmt.Sprintf(`UPDATE audit SET body = '%s', hash = '%s' WHERE seq = %d`, forged, prev, seq))
		}
		run(t, db, fmt.Sprintf(`UPDATE audit_head SET hash = '%s'`, prev), `UPDATE decisions SET decider = 'mallory'`)
		if err := r.VerifyAudit(t.Context()); err != nil {
			t.Fatalf("the forgery is not perfect, so the test proves nothing: %v", err)
		}
		var tampered *TamperedError
		if err := r.VerifyAudit(t.Context(), noted); !errors.As(err, &tampered) || tampered.Seq != noted.Seq {
			t.Errorf("a rewritten log went unnoticed: %v", err)
		}
		if err := r.VerifyAudit(t.Context(), Anchor{Seq: 100, Hash: prev}); !errors.As(err, &tampered) ||
			!strings.Contains(err.Error(), "cut off") {
			t.Errorf("a log shorter than what was noted: %v", err)
		}
	})
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		now := noon
		r, err := Open(t.Context(), fresh(t).location, Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		register(t, r, candidate("m", "1"))
		if _, err := r.Approve(t.Context(), "m", 1, Decision{By: "grace"}); err != nil {
			t.Fatal(err)
		}
		if err := r.RecordServing(t.Context(), "e", "m", 1, digest("1")); err != nil {
			t.Fatal(err)
		}
		now = noon.AddDate(0, 0, -1)
		if err := r.StopServing(t.Context(), "e"); err != nil {
			t.Fatal(err)
		}
		entries, err := r.Audit(t.Context(), Filter{})
		if err != nil || entries[3].Time.Before(entries[2].Time) {
			t.Errorf("it stopped at %s and began at %s (%v)", entries[3].Time, entries[2].Time, err)
		}
		verify(t, r)
	})
}

func FuzzVerifyExport(f *testing.F) {
	f.Add([]byte(`{"action":"register","actor":"ada","hash":"sha256:00","prev_hash":"","seq":1,"time":"2026-03-01T12:00:01Z"}` + "\n"))
	f.Add([]byte("{}\n{}\n"))
	f.Add([]byte(`{"hash":"x","hash":"y"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		end, err := VerifyExport(bytes.NewReader(text))
		if err == nil && end.Seq > 0 && bytes.Count(text, []byte(end.Hash)) == 0 {
			t.Fatalf("%q verifies up to a hash that it does not hold", text)
		}
	})
}
