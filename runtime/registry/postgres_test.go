package registry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPostgresIsMigratedByMigrateAlone(t *testing.T) {
	p := emptySchema(t)
	if _, err := Open(t.Context(), p.location, Options{Now: clock()}); err == nil ||
		!strings.Contains(err.Error(), "ashlar-runtime migrate") {
		t.Errorf("an empty database: %v", err)
	}
	if tables := p.tables(t); len(tables) != 0 {
		t.Errorf("opening made %v", tables)
	}
	newest, _ := Schemas()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if done, err := Migrate(context.Background(), p.location,
				Options{Now: clock()}); err != nil || done.To != newest {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
	group.Wait()
	if done, err := Migrate(t.Context(), p.location, Options{Now: clock()}); err != nil ||
		done.From != newest || done.To != newest {
		t.Errorf("again: %+v, %v", done, err)
	}
	r := p.open(t)
	register(t, r, candidate("m", "1"))
	verify(t, r)
	run(t, p.raw(t), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`)
	for _, try := range []func() error{
		func() error { _, err := Open(t.Context(), p.location, Options{Now: clock()}); return err },
		func() error { _, err := Migrate(t.Context(), p.location, Options{Now: clock()}); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "newer Ashlar") {
			t.Errorf("a newer schema: %v", err)
		}
	}
}

func TestADatabaseThatCannotHoldUnicodeIsRefused(t *testing.T) {
	admin := rawURL(t, postgresURL(t))
	run(t, admin, `DROP DATABASE IF EXISTS ashlar_test_latin1`,
		`CREATE DATABASE ashlar_test_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
	t.Cleanup(func() { run(t, admin, `DROP DATABASE ashlar_test_latin1 WITH (FORCE)`) })
	u, err := url.Parse(postgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/ashlar_test_latin1"
	if _, err := Migrate(t.Context(), u.String(), Options{Now: clock()}); err == nil ||
		!strings.Contains(err.Error(), "LATIN1") {
		t.Errorf("got %v", err)
	}
}

func TestASchemaThatIsNotThereIsNamed(t *testing.T) {
	location := with(t, postgresURL(t), "search_path", "ashlar_no_such_schema")
	if _, err := Migrate(t.Context(), location, Options{Now: clock()}); err == nil ||
		!strings.Contains(err.Error(), "CREATE SCHEMA") {
		t.Errorf("got %v", err)
	}
}

// TestAnUnconfirmedCommitIsNeitherLostNorDoneTwice breaks the connection
// around the commit, before it reaches the server and after.
func TestAnUnconfirmedCommitIsNeitherLostNorDoneTwice(t *testing.T) {
	for name, reached := range map[string]bool{"before it reaches the server": false, "before the answer": true} {
		t.Run(name, func(t *testing.T) {
			p := freshSchema(t)
			wire := proxy(t, p.location)
			r := place{location: wire.location, postgres: true}.open(t)
			steps := []func(*Registry) error{
				func(r *Registry) error { _, err := r.Register(t.Context(), candidate("m", "1")); return err },
				func(r *Registry) error {
					v, err := r.Approve(t.Context(), "m", 1, Decision{By: "grace", Comment: "fine"})
					if err == nil && (v.Status != Approved || len(v.Decisions) != 1) {
						err = fmt.Errorf("it is %s with %d decisions", v.Status, len(v.Decisions))
					}
					return err
				},
				func(r *Registry) error { return r.SetAlias(t.Context(), "m", "champion", 1, "ada") },
				func(r *Registry) error { return r.RecordServing(t.Context(), "e", "m", 1, digest("1")) },
				func(r *Registry) error { return r.StopServing(t.Context(), "e") },
			}
			for i, step := range steps {
				wire.breakNextCommit(reached)
				if err := step(r); err != nil {
					t.Errorf("step %d: %v", i, err)
				}
				if wire.armed() {
					t.Fatalf("step %d committed without the break; the test proves nothing", i)
				}
			}
			verify(t, r)
			if head, err := r.Head(t.Context()); err != nil || head != int64(len(steps)) {
				t.Errorf("%d entries for %d steps (%v)", head, len(steps), err)
			}
		})
	}
}

func TestADatabaseThatRestartsIsWaitedFor(t *testing.T) {
	p := freshSchema(t)
	wire := proxy(t, p.location)
	r := place{location: wire.location, postgres: true}.open(t)
	register(t, r, candidate("m", "1"))
	for name, do := range map[string]func() error{
		"a read":  func() error { _, err := r.Versions(t.Context(), "m"); return err },
		"a write": func() error { _, err := r.Register(t.Context(), candidate("m", "2")); return err },
		"opening": func() error {
			again, err := Open(t.Context(), wire.location, Options{Now: clock()})
			if err == nil {
				err = again.Close()
			}
			return err
		},
	} {
		refused := wire.down()
		done := make(chan error, 1)
		go func() { done <- do() }()
		<-refused // it has tried while the database was down
		wire.up()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	verify(t, r)
}

func TestPatienceEnds(t *testing.T) {
	p := freshSchema(t)
	wire := proxy(t, p.location)
	r, err := Open(t.Context(), wire.location, Options{Now: clock(), Patience: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	wire.down()
	if _, err := r.Versions(t.Context(), "m"); err == nil || !strings.Contains(err.Error(), "connect") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Versions(ctx, "m"); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up: %v", err)
	}
}

func TestAWriterThatDiesHoldingTheLockKeepsNobodyOut(t *testing.T) {
	p := freshSchema(t)
	r := p.open(t)
	tx, err := p.raw(t).Begin()
	if err != nil {
		t.Fatal(err)
	}
	var dying int
	if err := tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&dying); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(postgres().lock); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.Register(context.Background(), candidate("m", "1"))
		done <- err
	}()
	admin := p.raw(t)
	for waiting := 0; waiting == 0; {
		if err := admin.QueryRow(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit_head'::regclass`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if vs, err := r.Versions(t.Context(), "m"); err != nil || len(vs) != 0 {
		t.Errorf("readers wait for writers: %v, %v", vs, err)
	}
	run(t, admin, fmt.Sprintf(`SELECT pg_terminate_backend(%d)`, dying))
	if err := <-done; err != nil {
		t.Error(err)
	}
	verify(t, r)
}

func TestAWriterThatStopsIsEndedInTime(t *testing.T) {
	p := freshSchema(t)
	for location, want := range map[string]string{p.location: "1min", with(t, p.location, "lock_timeout", "5s"): "5s"} {
		r := place{location: location, postgres: true}.open(t)
		for setting, want := range map[string]string{"lock_timeout": want,
			"idle_in_transaction_session_timeout": "1min", "application_name": "ashlar"} {
			var got string
			if err := r.db.QueryRow(`SHOW ` + setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, want %s (%v)", setting, got, want, err)
			}
		}
	}
}

func TestTransientErrorsAreToldFromRefusals(t *testing.T) {
	for state, want := range map[string]bool{
		"40001": true, "40P01": true, "57P01": true, "57P03": true, "08006": true, "53300": true, "55P03": true,
		"28P01": false, "3D000": false, "42P01": false, "23505": false, "42501": false, "22021": false,
	} {
		if got := transientInPostgres(fmt.Errorf("registry: %w", pgError(state))); got != want {
			t.Errorf("%s is transient: %v, want %v", state, got, want)
		}
	}
	if transientInPostgres(&NotFoundError{Model: "m"}) || transientInPostgres(context.Canceled) {
		t.Error("an answer is not transient")
	}
}
