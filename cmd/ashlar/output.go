package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/mattn/go-isatty"
)

// writeJSON writes v indented, with a newline at the end.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeLine writes v as one line of JSON, for streams of events.
func (a *app) writeLine(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// terminal reports whether w is one, and not told to be plain.
func (a *app) terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && a.getenv("TERM") != "dumb"
}

// colour paints s where w is a terminal and NO_COLOR is not set.
func (a *app) colour(w io.Writer, c text.Color, s string) string {
	if !a.terminal(w) || a.getenv("NO_COLOR") != "" {
		return s
	}
	return c.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// table writes rows under a header, columns aligned, without borders.
func (a *app) table(header []string, rows [][]string) {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.AppendHeader(cells(header))
	for _, r := range rows {
		t.AppendRow(cells(r))
	}
	for _, line := range strings.Split(t.Render(), "\n") {
		io.WriteString(a.out, strings.TrimRight(line, " ")+"\n")
	}
}

func cells(s []string) table.Row {
	row := make(table.Row, len(s))
	for i, v := range s {
		row[i] = v
	}
	return row
}
