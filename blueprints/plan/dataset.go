package plan

import "fmt"

// ColumnType is the logical type of a column.
type ColumnType string

// The column types. Integer, number, boolean and timestamp columns are
// numeric in memory; category and text columns are dictionary-coded.
const (
	Number    ColumnType = "number"
	Integer   ColumnType = "integer"
	Boolean   ColumnType = "boolean"
	Category  ColumnType = "category"
	Text      ColumnType = "text"
	Timestamp ColumnType = "timestamp" // RFC 3339 or YYYY-MM-DD, in UTC where no zone is given
)

// Numeric reports whether values of the type are ordered quantities.
func (t ColumnType) Numeric() bool { return t == Number || t == Integer }

// Dataset is a table: where it comes from, what it must look like, what must
// hold of it and how long it may be kept.
type Dataset struct {
	Description string `json:"description,omitempty"`
	Source      string `json:"source"` // path relative to the blueprint, glob, or blob URL (s3://, file://)
	// "csv" or "parquet"; the loader derives it from the source's extension
	Format  string            `json:"format"`
	CSV     CSVOptions        `json:"csv"`
	Columns map[string]Column `json:"columns"`
	Expect  []Expectation     `json:"expect,omitempty"`
	// how long what comes of the data may be kept, such as "730d"; "": as long as anything
	Retention string `json:"retention,omitempty"`
	// Sample is the share of the rows that is read, above 0; 0 and 1 stand for all
	Sample float64 `json:"sample,omitempty"`
}

// Sampled reports whether only some of the rows are read.
func (d Dataset) Sampled() bool { return d.Sample > 0 && d.Sample < 1 }

// Keeps reports whether ingest keeps the rows, so that later stages read those and not
// the source: values or rows of it may not go further.
func (d Dataset) Keeps() bool { return d.Sampled() || d.Protects() }

// DefaultNullValue are the texts that mean missing where a blueprint does not
// say, as the schema has them.
func DefaultNullValue() []string { return []string{"", "NA", "NaN", "null", "NULL"} }

// NullTexts returns the texts that mean missing in a column: the column's own
// where it names some, else those of the dataset's CSV. Parquet has nulls of its
// own, so there a text is a value unless its column says otherwise.
func (d Dataset) NullTexts(column string) []string {
	switch own := d.Columns[column].NullValue; {
	case own != nil:
		return own
	case d.Format == "parquet":
		return []string{}
	case d.CSV.NullValue != nil:
		return d.CSV.NullValue
	}
	return DefaultNullValue()
}

// CSVOptions say how a CSV dataset is written. They are ignored for Parquet.
type CSVOptions struct {
	Delimiter string   `json:"delimiter"`  // one ASCII character
	NullValue []string `json:"null_value"` // texts that mean missing, such as "" and "NA"
}

// Column is one column of a dataset.
type Column struct {
	Description string     `json:"description,omitempty"`
	Type        ColumnType `json:"type"`
	Nullable    bool       `json:"nullable"`         // a missing value is allowed
	Optional    bool       `json:"optional"`         // the column itself may be absent
	Sensitive   bool       `json:"sensitive"`        // personal or protected data
	Values      []string   `json:"values,omitempty"` // the allowed categories; empty allows any
	// ValuesMostly is the share of the values, missing ones left out, that must be
	// among Values, as an expectation's mostly; 0 stands for all of them. Any other
	// is to the model a category that it has never seen.
	ValuesMostly float64 `json:"values_mostly,omitempty"`
	// NullValue are the texts that mean missing in this column; nil leaves it to
	// CSV.NullValue, and an empty list says that no text does.
	NullValue []string `json:"null_value,omitzero"`
	Unit      string   `json:"unit,omitempty"`      // for people, such as "EUR" or "kg/m3"
	Anonymise string   `json:"anonymise,omitempty"` // "", Hash, Mask or Drop; see Protection
}

// Expectation is one Great Expectations check in that library's words, without
// its "expect_" prefix, such as "column_values_to_not_be_null".
type Expectation struct {
	Expectation string `json:"expectation"`
	// Column is empty for table-level expectations and those over several columns.
	Column string `json:"column,omitempty"`
	// Kwargs holds the remaining arguments under their Great Expectations
	// names. Values are JSON's: float64, string, bool, []any, map[string]any, nil.
	Kwargs map[string]any `json:"kwargs,omitempty"`
	// Severity is "critical" (the default: a failure stops the pipeline) or "warning".
	Severity string `json:"severity"`
}

// String names the expectation and its column as messages do.
func (e Expectation) String() string {
	if e.Column == "" {
		return e.Expectation
	}
	return fmt.Sprintf("%s(%s)", e.Expectation, e.Column)
}
