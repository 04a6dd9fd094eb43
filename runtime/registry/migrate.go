package registry

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

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
	if have < known {
		_, err = p.Up(ctx)
	}
	return Migration{From: have, To: known}, err
}

// provider prepares goose with this program's own migrations. Its table of
// versions lies in the registry's schema, so that several registries in one
// database are migrated apart. On PostgreSQL a session lock keeps other
// migrations waiting: 300 attempts, one a second.
func (d *dialect) provider(ctx context.Context, db *sql.DB) (*goose.Provider, error) {
	files := d.files
	if files == nil {
		var err error
		if files, err = fs.Sub(migrations, "migrations/"+d.migrations); err != nil {
			return nil, err
		}
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
