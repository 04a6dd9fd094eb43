package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pressly/goose/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// MaxRow bounds a row as Export writes it, in bytes. An entry of the log has at
// most maxLine, and is a text in its row, which at worst doubles it.
const MaxRow = 2*maxLine + 1<<10

// column is one of a table that holds content.
type column struct {
	name   string
	number bool // a whole number; else a text
}

// contentTable is a table whose rows are what a registry knows. What the others hold
// follows from it, or from the migrations.
type contentTable struct {
	name    string
	order   string // the primary key, which gives the rows one order
	columns []column
	since   int64 // the version of the schema that has it
}

// content is in the order in which rows can be inserted: what a foreign key names
// comes before. A test compares it with the tables that the migrations make.
var content = []contentTable{
	{"versions", "model, version", columnsOf("model version# model_digest status author created_at body"), 1},
	{"decisions", "seq", columnsOf("seq# model version# verdict decider note at"), 1},
	{"aliases", "model, alias", columnsOf("model alias version#"), 1},
	{"servings", "seq", columnsOf("seq# endpoint model version# digest since until"), 1},
	{"access_keys", "id",
		columnsOf("id caller digest endpoints created_by created_at expires_at revoked_at"), accessKeysSchema},
	{"audit", "seq", columnsOf("seq# body hash"), 1},
}

// Tables are the names of the tables that Export writes of a version of the schema, in
// its order. 0: of the newest that this program knows.
func Tables(schema int64) []string {
	if schema == 0 {
		schema, _ = Schemas()
	}
	var out []string
	for _, t := range contentOf(schema) {
		out = append(out, t.name)
	}
	return out
}

// contentOf are the tables that a version of the schema has.
func contentOf(schema int64) (out []contentTable) {
	for _, t := range content {
		if t.since <= schema {
			out = append(out, t)
		}
	}
	return out
}

// schemaVersion is the version of the schema as it is.
func schemaVersion(ctx context.Context, h handle) (out int64, err error) {
	err = h.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+goose.DefaultTablename+
		` WHERE is_applied`).Scan(&out)
	if err != nil {
		return 0, fmt.Errorf("registry: version of the schema: %w", err)
	}
	return out, nil
}

func columnsOf(names string) []column {
	var out []column
	for name := range strings.FieldsSeq(names) {
		bare, number := strings.CutSuffix(name, "#")
		out = append(out, column{bare, number})
	}
	return out
}

// names are the columns' names, as a statement lists them. They are constants of
// this program.
func (t contentTable) names() string {
	var out []string
	for _, c := range t.columns {
		out = append(out, c.name)
	}
	return strings.Join(out, ", ")
}

// Snapshot says of what state rows are.
type Snapshot struct {
	Schema int64  `json:"schema"` // the version of the schema
	Log    Anchor `json:"log"`    // the end of the audit log
}

// Export calls row with every row of every table of Tables, as one line of canonical
// JSON: the columns by their names, whatever the database. All rows are of one moment,
// and what others write meanwhile is not among them.
//
// begin is called before the first row, and again where the connection broke and all
// begins anew. An error of either ends the export.
func (r *Registry) Export(ctx context.Context, begin func(), row func(table string, line []byte) error) (
	s Snapshot, err error,
) {
	err = r.view(ctx, func(h handle) (err error) {
		begin()
		if s.Schema, err = schemaVersion(ctx, h); err != nil {
			return err
		}
		if s.Log, err = readAnchor(ctx, h); err != nil {
			return err
		}
		for _, t := range contentOf(s.Schema) {
			if err := t.export(ctx, h, row); err != nil {
				return fmt.Errorf("registry: table %s: %w", t.name, err)
			}
		}
		return nil
	})
	return s, err
}

// export calls row with each row of the table.
func (t contentTable) export(ctx context.Context, h handle, row func(table string, line []byte) error) (err error) {
	rows, err := h.QueryContext(ctx, `SELECT `+t.names()+` FROM `+t.name+` ORDER BY `+t.order)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		line, err := t.encode(rows)
		if err != nil {
			return err
		}
		if err := row(t.name, line); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encode writes the row as a line. A text that JSON cannot hold is an error: it would
// come back as another.
func (t contentTable) encode(rows *sql.Rows) ([]byte, error) {
	into := make([]any, len(t.columns))
	for i, c := range t.columns {
		into[i] = new(string)
		if c.number {
			into[i] = new(int64)
		}
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	fields := make(map[string]any, len(into))
	for i, c := range t.columns {
		if text, ok := into[i].(*string); ok && !utf8.ValidString(*text) {
			return nil, fmt.Errorf("column %s holds a text that is not UTF-8: %.40q", c.name, *text)
		}
		fields[c.name] = into[i]
	}
	line, err := plan.Canonical(fields)
	if err == nil && len(line) > MaxRow {
		err = fmt.Errorf("a row has %d bytes, at most %d can be read again", len(line), MaxRow)
	}
	return line, err
}

// decode reads a line that encode wrote: the values of the columns, in their order.
func (t contentTable) decode(line []byte) ([]any, error) {
	if len(line) > MaxRow {
		return nil, fmt.Errorf("a row has %d bytes, at most %d are expected", len(line), MaxRow)
	}
	if !utf8.Valid(line) {
		return nil, errors.New("a row is not UTF-8")
	}
	fields, err := decodeFields(line)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(t.columns))
	for i, c := range t.columns {
		switch value := fields[c.name].(type) {
		case string:
			out[i] = value
			if c.number {
				return nil, fmt.Errorf("column %s is a text, not a number", c.name)
			}
		case json.Number:
			n, err := value.Int64()
			if err != nil || !c.number {
				return nil, fmt.Errorf("column %s is the number %s, which it cannot hold", c.name, value)
			}
			out[i] = n
		default:
			return nil, fmt.Errorf("column %s is missing, or neither a text nor a number", c.name)
		}
	}
	if len(fields) != len(t.columns) {
		return nil, fmt.Errorf("a row has %d columns, the table has %s", len(fields), t.names())
	}
	return out, nil
}
