package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// FieldProblem is one thing that is wrong with a request.
type FieldProblem struct {
	Row     *int   `json:"row,omitempty"`   // 0-based; absent for a request of one row
	Field   string `json:"field,omitempty"` // an input's name, or the key that was found
	Message string `json:"message"`
}

// Problem is the body of every answer that is an error, under "error".
// Codes are part of the API: clients branch on them, so that a message may be
// improved and a code may not.
type Problem struct {
	Code      string         `json:"code"`    // a word for programs, such as "invalid_features"
	Message   string         `json:"message"` // a sentence for people
	Fields    []FieldProblem `json:"fields,omitempty"`
	RequestID string         `json:"request_id,omitempty"`

	// status is the HTTP status; it is sent as such and is not in the body.
	status int
	allow  string // of a 405
	// Headers of a request that was not admitted: WWW-Authenticate, and Retry-After in
	// seconds.
	challenge, retry string
	form             form   // of the answer
	cause            string // the stack of a panic, for the log alone
}

// form is how a protocol writes its errors.
type form int

const (
	asJSON form = iota // {"error": {"code", "message", ...}}
	asText             // {"error": text}, as inference protocols have it
	asGRPC             // a status in the header
)

// flattened marks the problem as one of an inference protocol.
func (p *Problem) flattened() *Problem {
	p.form = asText
	return p
}

// text is all of the problem in one sentence, for protocols whose errors are a
// text.
func (p *Problem) text() string {
	out := p.Message
	for i, f := range p.Fields {
		out += [2]string{": ", "; "}[min(i, 1)]
		if f.Row != nil {
			out += fmt.Sprintf("row %d: ", *f.Row)
		}
		if f.Field != "" {
			out += f.Field + ": "
		}
		out += f.Message
	}
	return out
}

// problem returns a problem with the request as a whole.
func problem(status int, code, format string, args ...any) *Problem {
	return &Problem{status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// maxProblems bounds what an answer lists, maxName the length of a key that it
// repeats.
const (
	maxProblems = 20
	maxName     = 80
)

// problems collects what is wrong with a request's features.
// The list holds the first maxProblems in the order of the request, total counts
// all. A worker reuses the list, so problem clones it.
type problems struct {
	list  []FieldProblem
	total int
}

func (p *problems) reset() { p.list, p.total = p.list[:0], 0 }

// full reports whether further problems are only counted.
func (p *problems) full() bool { return len(p.list) >= maxProblems }

// add notes a problem; row is -1 for a request of one row.
// The message must not repeat a value that the client sent: values may be
// personal, and answers are logged by clients. field is a column's name, or a
// key, which is cut to maxName.
func (p *problems) add(row int, field, format string, args ...any) {
	p.total++
	if p.full() {
		return
	}
	f := FieldProblem{Field: shown(field), Message: fmt.Sprintf(format, args...)}
	if row >= 0 {
		f.Row = &row
	}
	p.list = append(p.list, f)
}

// problem returns what was collected as an answer.
func (p *problems) problem() *Problem {
	out := problem(http.StatusUnprocessableEntity, "invalid_features", "%d problems with the features", p.total)
	if p.total == 1 {
		out.Message = "1 problem with the features"
	}
	if p.total > len(p.list) {
		out.Message += fmt.Sprintf("; the first %d are listed", len(p.list))
	}
	out.Fields = slices.Clone(p.list)
	return out
}

// shown cuts a text that a client sent to a length that is fit to be repeated.
// It cuts between runes, so that the result is valid UTF-8 if the text is.
func shown(text string) string {
	if len(text) <= maxName {
		return text
	}
	n := maxName
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// write sends the problem. The header holds what every answer has by now.
// It sets the request id in p, so a Problem is written once. Retry-After is one
// second for every 503: overload passes in milliseconds, and a model that is
// still loading is asked again soon enough.
func (p *Problem) write(w http.ResponseWriter, id string) {
	p.RequestID = id
	h := w.Header()
	if p.form == asGRPC {
		p.writeGRPC(h)
		w.WriteHeader(http.StatusOK)
		return
	}
	h["Content-Type"] = typeJSON
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.challenge != "" {
		h.Set("WWW-Authenticate", p.challenge)
	}
	if p.retry != "" {
		h.Set("Retry-After", p.retry)
	} else if p.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(p.status)
	var answer any = map[string]*Problem{"error": p}
	if p.form == asText {
		answer = oip.Failure{Error: p.text()}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return
	}
	w.Write(append(body, '\n')) //nolint:errcheck // a client that has gone needs no answer
}

// suggestion returns `; did you mean "x"?` for the likeliest of the names, or "".
func suggestion(name string, names []string) string {
	if hint := nearest.Hint(name, names); hint != "" {
		return "; " + hint
	}
	return ""
}
