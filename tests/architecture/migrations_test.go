package architecture

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/releases"
)

const migrationsFolder = "../../runtime/registry/migrations"

// migration is one file, and what its row of schema_readers says of it.
type migration struct {
	name    string // sqlite/00002_readers.sql
	version int
	up      string // its statements, without comments
	kind    string
	reader  int
}

// contracts are statements that older programs may not survive: they read or write
// what is gone, or fail by a condition that they do not know.
var contracts = map[string]*regexp.Regexp{
	"drops something":                  regexp.MustCompile(`(?i)\bDROP\b`),
	"renames something":                regexp.MustCompile(`(?i)\bRENAME\b`),
	"changes a column's type":          regexp.MustCompile(`(?i)\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b`),
	"makes a column required":          regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL\b`),
	"adds a condition to a table":      regexp.MustCompile(`(?i)\bALTER\s+TABLE\b.*\bADD\b.*\b(CONSTRAINT|CHECK|UNIQUE|PRIMARY\s+KEY|REFERENCES)\b`),
	"removes rows":                     regexp.MustCompile(`(?i)\b(DELETE\s+FROM|TRUNCATE)\b`),
	"takes rights away":                regexp.MustCompile(`(?i)\b(REVOKE|FORCE\s+ROW|ENABLE\s+ROW|CREATE\s+POLICY)\b`),
	"writes the schema by itself":      regexp.MustCompile(`(?i)\bwritable_schema\b`),
	"adds a unique index or a trigger": regexp.MustCompile(`(?i)\bCREATE\s+(OR\s+REPLACE\s+)?(UNIQUE\s+INDEX|(CONSTRAINT\s+)?TRIGGER)\b`),
}

var (
	addColumn   = regexp.MustCompile(`(?i)\bALTER\s+TABLE\b.*\bADD\b`)
	notNull     = regexp.MustCompile(`(?i)\bNOT\s+NULL\b`)
	withDefault = regexp.MustCompile(`(?i)\b(DEFAULT|GENERATED)\b`)
	// As runtime/registry/migrate.go reads it.
	readersRow = regexp.MustCompile(`INSERT INTO schema_readers \(version, kind, oldest_reader\) VALUES \((\d+), '(expand|contract)', (\d+)\)`)
	comment    = regexp.MustCompile(`--[^\n]*`)
)

// contraction says why the migration's statements do more than expand; "": they do not.
// What a file does to a table that it makes itself concerns nobody else.
func (m migration) contraction() string {
	own := regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(\w+)`).FindAllStringSubmatch(m.up, -1)
	for _, s := range strings.Split(m.up, ";") {
		s = strings.Join(strings.Fields(s), " ")
		if slices.ContainsFunc(own, func(t []string) bool {
			return regexp.MustCompile(`(?i)\b(ON|TABLE|FROM) ` + t[1] + `\b`).MatchString(s)
		}) && !regexp.MustCompile(`(?i)\b(DROP|RENAME)\b`).MatchString(s) {
			continue
		}
		for what, re := range contracts {
			if re.MatchString(s) {
				return what + ": " + s
			}
		}
		if addColumn.MatchString(s) && notNull.MatchString(s) && !withDefault.MatchString(s) {
			return "adds a required column without a default: " + s
		}
	}
	return ""
}

// parseMigration reads a file. The first migration came before the table of readers,
// and the second wrote its row.
func parseMigration(name, text string) (migration, error) {
	m := migration{name: name}
	number, _, _ := strings.Cut(filepath.Base(name), "_")
	m.version, _ = strconv.Atoi(number)
	_, up, ok := strings.Cut(text, "-- +goose Up\n")
	if m.version == 0 || !ok {
		return m, fmt.Errorf("%s: want a number in its name and a section -- +goose Up", name)
	}
	up, _, _ = strings.Cut(up, "-- +goose Down")
	m.up = comment.ReplaceAllString(up, "")
	for _, row := range readersRow.FindAllStringSubmatch(m.up, -1) {
		if v, _ := strconv.Atoi(row[1]); v == m.version {
			m.kind = row[2]
			m.reader, _ = strconv.Atoi(row[3])
		} else if m.version != 2 {
			return m, fmt.Errorf("%s: it says what version %s is, and is %d", name, row[1], m.version)
		}
	}
	if m.version == 1 {
		m.kind, m.reader = "expand", 1
	}
	if m.kind == "" {
		return m, fmt.Errorf("%s: it does not say what it is: end it with INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (%d, 'expand', N)", name, m.version)
	}
	return m, nil
}

// migrationProblems are what is wrong with one database's migrations, in order, beside
// the releases.
func migrationProblems(all []migration, released []releases.Release) []string {
	var out []string
	say := func(m migration, format string, args ...any) {
		out = append(out, m.name+": "+fmt.Sprintf(format, args...))
	}
	for i, m := range all {
		if m.version != i+1 {
			say(m, "it is version %d; want %d", m.version, i+1)
			return out
		}
		why := m.contraction()
		if i == 0 {
			continue // there was nothing before it
		}
		before := all[i-1].reader
		switch {
		case m.kind == "expand" && why != "":
			say(m, "it is said to expand, and %s\nadd what replaces it now, and contract after the next release", why)
		case m.kind == "expand" && m.reader != before:
			say(m, "it expands, and programs from version %d stay able to use the schema; it says %d", before, m.reader)
		case m.kind == "contract":
			if m.reader <= before || m.reader >= m.version || all[m.reader-1].kind != "expand" {
				say(m, "it contracts; its oldest reader %d must be an earlier version that expands, after %d", m.reader,
					before)
			} else if last := lastReleaseBefore(m.version, released); m.reader > last.Schema {
				say(m, "it contracts what version %d expanded, which no release has had: the last before it, %q, has version %d",
					m.reader, last.Name, last.Schema)
			}
		}
	}
	return out
}

// lastReleaseBefore is the last release that does not have the version.
func lastReleaseBefore(version int, all []releases.Release) releases.Release {
	var out releases.Release
	for _, r := range all {
		if r.Schema < version {
			out = r
		}
	}
	return out
}

// migrationsOf reads one database's migrations.
func migrationsOf(t *testing.T, database string) []migration {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(migrationsFolder, database, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations of %s: %v", database, err)
	}
	var out []migration
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parseMigration(database+"/"+filepath.Base(f), string(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func TestMigrationsExpandFirstAndContractAReleaseLater(t *testing.T) {
	released, err := releases.All()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, database := range []string{"sqlite", "postgres"} {
		all := migrationsOf(t, database)
		for _, p := range migrationProblems(all, released) {
			t.Error(p)
		}
		for _, m := range all {
			said[database] += fmt.Sprintln(m.version, m.kind, m.reader)
		}
	}
	if said["sqlite"] != said["postgres"] {
		t.Errorf("the databases differ:\n%s\n%s", said["sqlite"], said["postgres"])
	}
}

// TestAReleasedMigrationNeverChanges compares each with its SHA-256 at each release:
// databases that have applied one would never see the edit.
func TestAReleasedMigrationNeverChanges(t *testing.T) {
	released, err := releases.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range released {
		text, err := os.ReadFile("../releases/testdata/" + r.Name + "/migrations")
		if err != nil {
			t.Fatal(err)
		}
		frozen := 0
		for line := range strings.Lines(string(text)) {
			sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			is, err := os.ReadFile(filepath.Join(migrationsFolder, name))
			if err != nil || fmt.Sprintf("%x", sha256.Sum256(is)) != sum {
				t.Errorf("%s is not what release %s had (%v): restore it, and write the change as a new migration",
					name, r.Name, err)
			}
			frozen++
		}
		if frozen != 2*r.Schema {
			t.Errorf("release %s has %d migrations in tests/releases/testdata and version %d in the list", r.Name,
				frozen, r.Schema)
		}
	}
}
