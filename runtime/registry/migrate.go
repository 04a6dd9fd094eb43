package registry

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migration says what Migrate did: the schema's version before and after.
type Migration struct {
	From int64 `json:"from"` // 0: there was none
	To   int64 `json:"to"`
	// Waits is the version that contracts the schema and was not applied, since programs
	// that knew From may still run: they would end. The next migration applies it. 0: none.
	Waits int64 `json:"waits,omitempty"`
}

// Migrate brings the database at the location to this program's schema, and
// does nothing where it is there already, or further: an image that was rolled
// back runs it on a schema that is newer. That is an error only where the
// database says that this program is too old for it. Several may migrate at once.
func Migrate(ctx context.Context, location string, opt Options) (done Migration, err error) {
	r, err := connect(ctx, location, opt)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = r.again(ctx, func() error {
		done, err = r.dialect.migrate(ctx, r.db, location)
		return err
	})
	if err != nil {
		return done, fmt.Errorf("registry %s: %w", r.dialect.name(location), err)
	}
	return done, nil
}

// migrate runs up, alone on the machine where the database itself has no lock
// for that.
func (d *dialect) migrate(ctx context.Context, db *sql.DB, location string) (done Migration, err error) {
	if d.alone == nil {
		return d.up(ctx, db)
	}
	err = d.alone(ctx, location, func() error {
		done, err = d.up(ctx, db)
		return err
	})
	return done, err
}

// up applies the migrations that are missing. They are never applied downwards: a
// schema that is older would lose what the newer one holds. A schema that is newer
// stays as it is, and is an error unless it says that this program works with it.
func (d *dialect) up(ctx context.Context, db *sql.DB) (Migration, error) {
	p, err := d.provider(ctx, db)
	if err != nil {
		return Migration{}, err
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return Migration{}, err
	}
	s := schemaVersions{have: have, known: known}
	if s.newer() {
		if s.reader, err = d.oldestReader(ctx, db, have); err != nil {
			return Migration{}, err
		}
		return Migration{From: have, To: have}, s.check(d)
	}
	done := Migration{From: have, To: known}
	if done.Waits, err = d.firstUnsafe(p, have); err != nil {
		return Migration{From: have, To: have}, err
	}
	if done.Waits > 0 {
		done.To = done.Waits - 1
	}
	if have < done.To {
		_, err = p.UpTo(ctx, done.To)
	}
	return done, err
}

// firstUnsafe is the first migration to come that programs which know the version, and
// nothing after it, do not survive; 0: there is none. Those programs are the ones that
// have worked with the database so far, so it is applied once another has migrated it
// to a version that they survive. Nobody has worked with an empty database.
func (d *dialect) firstUnsafe(p *goose.Provider, have int64) (int64, error) {
	files, err := d.migrationFiles()
	if err != nil || have == 0 {
		return 0, err
	}
	for _, s := range p.ListSources() {
		if s.Version <= have {
			continue
		}
		text, err := fs.ReadFile(files, s.Path)
		if err != nil {
			return 0, err
		}
		for _, row := range readersRow.FindAllSubmatch(text, -1) {
			version, _ := strconv.ParseInt(string(row[1]), 10, 64) // digits
			reader, _ := strconv.ParseInt(string(row[2]), 10, 64)
			if version == s.Version && reader > have {
				return s.Version, nil
			}
		}
	}
	return 0, nil
}

// readersRow is the statement by which a migration says who works with the schema after
// it: its version and the oldest reader.
var readersRow = regexp.MustCompile(`INSERT INTO ` + readersTable + ` \(version, kind, oldest_reader\) VALUES \((\d+), '\w+', (\d+)\)`)

// migrationFiles are the program's own migrations for this database.
func (d *dialect) migrationFiles() (fs.FS, error) {
	if d.files != nil {
		return d.files, nil
	}
	return fs.Sub(migrations, "migrations/"+d.migrations)
}

// provider prepares goose with this program's own migrations. Its table of
// versions lies in the registry's schema, so that several registries in one
// database are migrated apart. On PostgreSQL a session lock keeps other
// migrations waiting: 300 attempts, one a second.
func (d *dialect) provider(ctx context.Context, db *sql.DB) (*goose.Provider, error) {
	files, err := d.migrationFiles()
	if err != nil {
		return nil, err
	}
	// goose's global registry would bring in migrations written in Go by whatever
	// else is linked into the program.
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.schema == nil {
		return goose.NewProvider(d.goose, db, files, options...)
	}
	schema, err := d.schema(ctx, db)
	if err != nil {
		return nil, err
	}
	table, err := database.NewStore(d.goose, schema+"."+goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db, files, append(options, goose.WithStore(table), goose.WithSessionLocker(one))...)
}
