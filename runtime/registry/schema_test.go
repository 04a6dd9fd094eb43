package registry

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The next two migrations, which no program has yet: a column and a table more,
// and a release later a column that the programs before used is gone.
const (
	nextExpands = `-- +goose Up
ALTER TABLE servings ADD COLUMN region TEXT NOT NULL DEFAULT '';
CREATE TABLE next_things (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (4, 'expand', 1);
`
	nextContracts = `-- +goose Up
ALTER TABLE decisions DROP COLUMN note;
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (5, 'contract', 4);
`
	nextSilent = `-- +goose Up
CREATE TABLE next_things (id INTEGER NOT NULL PRIMARY KEY);
`
)

// program is one that knows the first n of the migrations that are there, with
// those of the texts behind them.
func (p place) program(t *testing.T, n int, more ...string) Options {
	t.Helper()
	folder := "sqlite"
	if p.postgres {
		folder = "postgres"
	}
	own, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(own, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, name := range names[:n] {
		text, err := fs.ReadFile(own, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	for i, text := range more {
		out["0000"+string(rune('1'+n+i))+"_next.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return Options{Now: clock(), migrations: out}
}

// opened opens the registry as the program, which closes it with the test.
func (p place) opened(t *testing.T, opt Options) *Registry {
	t.Helper()
	r, err := Open(t.Context(), p.location, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func (p place) migrated(t *testing.T, opt Options, from, to int64) {
	t.Helper()
	if done, err := Migrate(t.Context(), p.location, opt); err != nil || done.From != from || done.To != to {
		t.Errorf("migrated %+v, %v; want %d to %d", done, err, from, to)
	}
}

// empty is a database that nobody has migrated, of the kind that the test is for.
func empty(t *testing.T, fresh func(*testing.T) place) place {
	t.Helper()
	if p := fresh(t); !p.postgres {
		return p
	}
	return emptySchema(t)
}

// works does everything that workloads and people do, as one program.
func works(t *testing.T, r *Registry, model string) {
	t.Helper()
	v := register(t, r, candidate(model, "1"))
	_, err := r.Approve(t.Context(), model, v.Version, Decision{By: "grace", Comment: "fine"})
	if err == nil {
		err = r.SetAlias(t.Context(), model, "champion", 1, "ada")
	}
	if err == nil {
		err = r.RecordServing(t.Context(), "of-"+model, model, 1, digest("1"))
	}
	if err == nil {
		_, err = r.RecordReview(t.Context(), model, 1, Review{By: "linus", Source: "a pull request"})
	}
	if err == nil {
		_, err = r.Served(t.Context(), model, noon)
	}
	if err == nil {
		_, err = r.Versions(t.Context(), model)
	}
	if err == nil {
		err = r.StopServing(t.Context(), "of-"+model, "the test ends")
	}
	if err == nil {
		err = keyed(t, r, model)
	}
	if err != nil {
		t.Errorf("%s: %v", model, err)
	}
	verify(t, r)
}

// TestEachProgramWorksOnTheSchemasThatItAccepts runs every statement of this program on
// each schema from oldestSchema to the next, so that neither the order of a
// rollout and its migration nor a rollback of the image matters.
func TestEachProgramWorksOnTheSchemasThatItAccepts(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := empty(t, fresh)
		for n := oldestSchema; n <= 3; n++ {
			p.migrated(t, p.program(t, n), int64(n-1), int64(n))
			if p.postgres { // a SQLite file is migrated by opening it
				works(t, p.opened(t, Options{Now: clock()}), "on-"+string(rune('0'+n)))
			}
		}
		before := p.opened(t, Options{Now: clock()}) // and runs through the migration
		works(t, before, "before")
		next := p.program(t, 3, nextExpands)
		p.migrated(t, next, 3, 4)
		works(t, before, "running-through")
		works(t, p.opened(t, Options{Now: clock()}), "started-after")
		p.migrated(t, Options{Now: clock()}, 4, 4) // the image was rolled back: its job changes nothing
		works(t, p.opened(t, next), "next")
	})
}

// TestTwoProgramsWriteAtOnce is a canary: pods of this program and of the next, on one
// database. Each sees what the other writes, and the log is one chain.
func TestTwoProgramsWriteAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		next := p.program(t, 3, nextExpands)
		if _, err := Migrate(t.Context(), p.location, next); err != nil {
			t.Fatal(err)
		}
		this, that := p.opened(t, Options{Now: clock()}), p.opened(t, next)
		const each = 8
		done := make(chan error, 2*each)
		for i := range each {
			for _, r := range []*Registry{this, that} {
				c := candidate("m", "1")
				c.ModelDigest = digest(string(rune('0' + i)))
				if r == that {
					c.ModelDigest = digest(string(rune('a' + i%6)))
				}
				go func() {
					_, err := r.Register(t.Context(), c)
					done <- err
				}()
			}
		}
		for range 2 * each {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		run(t, p.raw(t), `INSERT INTO next_things (id) VALUES (1)`)
		a, err1 := this.Versions(t.Context(), "m")
		b, err2 := that.Versions(t.Context(), "m")
		if err1 != nil || err2 != nil || len(a) != 8+6 || len(a) != len(b) {
			t.Errorf("%d and %d versions, %v, %v", len(a), len(b), err1, err2)
		}
		verify(t, this)
		verify(t, that)
	})
}

func TestAContractionEndsProgramsThatAreTooOld(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		running := p.opened(t, Options{Now: clock()})
		works(t, running, "m")
		contracted := p.program(t, 3, nextExpands, nextContracts)
		p.migrated(t, contracted, 3, 4) // the programs that know 3 may still run
		works(t, running, "meanwhile")
		p.migrated(t, contracted, 4, 5)
		for what, try := range map[string]func(Options) error{
			"open": func(opt Options) error {
				r, err := Open(t.Context(), p.location, opt)
				if err == nil {
					_ = r.Close()
				}
				return err
			},
			"migrate": func(opt Options) error { _, err := Migrate(t.Context(), p.location, opt); return err },
			"grant": func(opt Options) error {
				if !p.postgres {
					_, err := Open(t.Context(), p.location, opt)
					return err
				}
				return Grant(t.Context(), p.location, []User{{Name: "ada", Duty: plan.DutyServe}}, opt)
			},
			"read": func(Options) error { _, err := running.Version(t.Context(), "m", 1); return err },
			"write": func(Options) error {
				v := register(t, running, candidate("other", "1"))
				_, err := running.Approve(t.Context(), "other", v.Version, Decision{By: "grace"})
				return err
			},
		} {
			err := try(Options{Now: clock()})
			if err == nil {
				t.Fatalf("%s went on", what)
			}
			for _, want := range []string{"schema is version 5", "know version 4 or later", "knows 3",
				"upgrade the image"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v; want it to say %q", what, err, want)
				}
			}
		}
		between := p.program(t, 3, nextExpands) // the release between, which expanded
		p.migrated(t, between, 5, 5)
		p.opened(t, between)
	})
}

// TestAContractionWaitsForTheNextMigration: whoever upgrades over a release still has
// pods of the one before it, which the contraction would end.
func TestAContractionWaitsForTheNextMigration(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		p.opened(t, Options{Now: clock()}) // which migrates a file
		contracted := p.program(t, 3, nextExpands, nextContracts)
		for _, want := range []Migration{{From: 3, To: 4, Waits: 5}, {From: 4, To: 5}, {From: 5, To: 5}} {
			if done, err := Migrate(t.Context(), p.location, contracted); err != nil || done != want {
				t.Errorf("migrated %+v, %v; want %+v", done, err, want)
			}
		}
		empty := empty(t, fresh) // nobody has worked with it
		if done, err := Migrate(t.Context(), empty.location, contracted); err != nil || done != (Migration{To: 5}) {
			t.Errorf("an empty database: %+v, %v", done, err)
		}
	})
}

func TestASchemaThatDoesNotSayWhoReadsItIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		if _, err := Migrate(t.Context(), p.location, p.program(t, 3, nextSilent)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), p.location, Options{Now: clock()}); err == nil ||
			!strings.Contains(err.Error(), "does not say whether this one may use it") {
			t.Errorf("got %v", err)
		}
		run(t, p.raw(t), `DROP TABLE schema_readers`)
		if _, err := Migrate(t.Context(), p.location, Options{Now: clock()}); err == nil ||
			!strings.Contains(err.Error(), "upgrade the image") {
			t.Errorf("without the table: %v", err)
		}
	})
}

// TestARollbackTakesNoRightsAway: the job of an image that was rolled back to runs Grant
// while pods of the newer one still work.
func TestARollbackTakesNoRightsAway(t *testing.T) {
	s := newStaff(t)
	admin := s.owner.raw(t)
	if _, err := Migrate(t.Context(), s.owner.location, s.owner.program(t, 3, nextExpands)); err != nil {
		t.Fatal(err)
	}
	u := User{Name: s.names[plan.DutyServe], Duty: plan.DutyServe}
	run(t, admin, `GRANT UPDATE (region) ON servings TO "`+strings.ReplaceAll(u.Name, `"`, `""`)+`"`)
	if err := Grant(t.Context(), s.owner.location, []User{u}, Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.as[plan.DutyServe].raw(t).Exec(`UPDATE servings SET region = 'north'`); err != nil {
		t.Errorf("the newer pods' right is gone: %v", err)
	}
	works(t, s.owner.open(t), "m")
}

// TestAnEntryOfTheLogKeepsItsFields: a program refuses an entry with a field that it does
// not know, since it could not tell an edit from a newer program's. What is new about
// an entry goes into its details.
func TestAnEntryOfTheLogKeepsItsFields(t *testing.T) {
	var got []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Entry]()) {
		got = append(got, f.Tag.Get("json"))
	}
	want := "seq time actor action model,omitempty version,omitempty details,omitempty prev_hash hash,omitempty"
	if said := strings.Join(got, " "); said != want {
		t.Errorf("an entry has %s, want %s", said, want)
	}
	p := freshFile(t)
	next := p.opened(t, p.program(t, 3, nextExpands)) // writes an action that this program does not have
	err := next.change(t.Context(), func(c *change) error {
		_, err := c.append(t.Context(), event{Actor: "ada", Action: "archive", Model: "m",
			Details: map[string]any{"colour": "red"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, p.open(t))
}
