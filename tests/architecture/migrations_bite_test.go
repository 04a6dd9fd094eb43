package architecture

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/releases"
)

// TestMigrationsExpandFirstBites writes the migrations that must not pass, each after two
// that are released, and some that must.
func TestMigrationsExpandFirstBites(t *testing.T) {
	for name, c := range tried() {
		var all []migration
		var got []string
		for i, text := range append([]string{firstMigration, secondMigration}, c.texts...) {
			m, err := parseMigration(fmt.Sprintf("x/%05d_x.sql", i+1), "-- +goose Up\n"+text+
				"-- +goose Down\nDROP TABLE a;\n")
			if err != nil {
				got = append(got, err.Error())
			}
			all = append(all, m)
		}
		if len(got) == 0 {
			got = migrationProblems(all, c.released)
		}
		if said := strings.Join(got, "\n"); (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}

// trial are migrations after two others, beside what is released.
type trial struct {
	texts    []string
	released []releases.Release
	want     string // "": they pass
}

var (
	firstMigration  = "CREATE TABLE a (x TEXT NOT NULL, y TEXT);" + row(1, "expand", 1)
	secondMigration = "ALTER TABLE a ADD COLUMN z TEXT;" + row(2, "expand", 1)
)

func row(version int, kind string, reader int) string {
	return fmt.Sprintf("\nINSERT INTO schema_readers (version, kind, oldest_reader) VALUES (%d, '%s', %d);\n", version,
		kind, reader)
}

func tried() map[string]trial {
	both := []releases.Release{{Name: "v1", Schema: 1}, {Name: "v2", Schema: 2}}
	return map[string]trial{
		"a dropped column": {[]string{"ALTER TABLE a DROP COLUMN y;" +
			row(3, "expand", 1)}, both, "drops"},
		"a dropped table": {[]string{"drop table a;" + row(3, "expand", 1)}, both, "drops"},
		"a renamed column": {[]string{"ALTER TABLE a RENAME y TO w;" +
			row(3, "expand", 1)}, both, "renames"},
		"another type": {[]string{"ALTER TABLE a ALTER COLUMN y TYPE bigint;" +
			row(3, "expand", 1)}, both, "type"},
		"another type, in full": {[]string{"ALTER TABLE a\nALTER y\nSET DATA TYPE bigint;" +
			row(3, "expand", 1)}, both, "type"},
		"a required column": {[]string{"ALTER TABLE a ADD w TEXT NOT NULL;" + row(3, "expand", 1)},
			both, "without a default"},
		"a column made required": {[]string{"ALTER TABLE a ALTER y SET NOT NULL;" +
			row(3, "expand", 1)}, both, "required"},
		"a new condition": {[]string{"ALTER TABLE a ADD CONSTRAINT c CHECK (y <> '');" +
			row(3, "expand", 1)}, both, "condition"},
		"a unique index": {[]string{"CREATE UNIQUE INDEX i ON a (y);" +
			row(3, "expand", 1)}, both, "unique index"},
		"a trigger": {[]string{"CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();" +
			row(3, "expand", 1)}, both, "trigger"},
		"rows removed": {[]string{"DELETE FROM a;" + row(3, "expand", 1)}, both, "removes rows"},
		"no row":       {[]string{"CREATE TABLE b (x TEXT);"}, both, "does not say what it is"},
		"a row of another version": {[]string{"CREATE TABLE b (x TEXT);" + row(4, "expand", 1)},
			both, "what version 4 is"},
		"an expansion that ends programs": {[]string{"CREATE TABLE b (x TEXT);" +
			row(3, "expand", 2)}, both, "it says 2"},
		"a contraction before a release": {[]string{"ALTER TABLE a DROP COLUMN y;" + row(3, "contract", 2)}, both[:1],
			"which no release has had"},
		"a contraction in the release of its expansion": {[]string{"CREATE TABLE b (x TEXT);" + row(3, "expand", 1),
			"ALTER TABLE a DROP COLUMN y;" + row(4, "contract", 3)}, both, "which no release has had"},
		"a contraction of nothing": {[]string{"ALTER TABLE a DROP COLUMN y;" + row(3, "contract", 1)}, both,
			"must be an earlier version"},
		"a contraction of itself": {[]string{"ALTER TABLE a DROP COLUMN y;" + row(3, "contract", 3)}, both,
			"must be an earlier version"},

		"a contraction a release later": {[]string{"ALTER TABLE a DROP COLUMN y;" + row(3, "contract", 2)}, both, ""},
		"a column with a default": {[]string{"ALTER TABLE a ADD w TEXT NOT NULL DEFAULT '';" +
			row(3, "expand", 1)}, both, ""},
		"a table with conditions": {[]string{"CREATE TABLE b (x TEXT NOT NULL UNIQUE CHECK (x <> ''));" +
			"CREATE UNIQUE INDEX i ON b (x);" + row(3, "expand", 1)}, both, ""},
		"an index":          {[]string{"CREATE INDEX i ON a (y); -- not DROP\n" + row(3, "expand", 1)}, both, ""},
		"a column's values": {[]string{"UPDATE a SET z = y;" + row(3, "expand", 1)}, both, ""},
	}
}
