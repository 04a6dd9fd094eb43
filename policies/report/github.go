package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
)

// GitHub writes each problem and finding as a workflow command, which GitHub
// shows on its line of the pull request: refused ones as errors, the others as
// warnings, exempt ones as notices.
//
// The format is that of "workflow commands" in GitHub's documentation. GitHub shows
// ten annotations of each kind for a step; the rest is in its log.
func GitHub(w io.Writer, problems source.Problems, findings []policies.Finding) error {
	var out strings.Builder
	for _, p := range problems {
		message := p.Message
		if p.Hint != "" {
			message += "; " + p.Hint
		}
		if p.Path != "" {
			message = p.Path + ": " + message
		}
		command(&out, "error", p.File, p.Line, p.Col, ruleOf(p), message)
	}
	for _, f := range findings {
		kind := "warning"
		switch {
		case f.Exempt != nil:
			kind = "notice"
		case f.Refuses():
			kind = "error"
		}
		command(&out, kind, f.File, f.Line, f.Col, f.Policy, f.Message+"\n"+f.Reason+"\nfix: "+f.Fix+"\nrule "+f.Digest)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// command writes one workflow command. Everything is escaped: a message with a line
// end could otherwise begin a command of its own.
func command(out *strings.Builder, kind, file string, line, col int, title, message string) {
	var at []string
	add := func(name, value string) { at = append(at, name+"="+property.Replace(value)) }
	if file != "" {
		add("file", location(file))
	}
	if line > 0 {
		add("line", strconv.Itoa(line))
		add("col", strconv.Itoa(col))
	}
	add("title", title)
	fmt.Fprintf(out, "::%s %s::%s\n", kind, strings.Join(at, ","), data.Replace(message))
}

// What workflow commands ask to be escaped, in a message and in a property.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
