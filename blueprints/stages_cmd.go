package blueprints

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A value of foreach or matrix is data, also where a command line names it. One
// that means nothing to a shell is in the line as it is. Any other travels
// in the environment, and the line names its variable, quoted as the place in
// the line asks for. Since its text is never in the line, it is never run.

// plainValue is one whose every character stands for itself anywhere in a shell.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-]+$`)

// itemVariable begins the names of the variables that carry values.
var itemVariable = regexp.MustCompile(`^ASHLAR_(ITEM|KEY)(_[A-Z0-9_]+)?$`)

// command fills in the templates of the stage's command lines. The variables that
// they then name are put into the stage's env.
func (e *expansion) command(body, scope map[string]any, stage string) {
	env := map[string]any{}
	switch cmd := body["cmd"].(type) {
	case string:
		body["cmd"] = e.line(cmd, scope, env, stage)
	case []any:
		out := make([]any, len(cmd))
		for i := range cmd {
			out[i] = cmd[i]
			if text, ok := cmd[i].(string); ok {
				out[i] = e.line(text, scope, env, stage)
			}
		}
		body["cmd"] = out
	}
	if len(env) == 0 {
		return
	}
	if given, ok := body["env"].(map[string]any); ok {
		maps.Copy(env, given)
	}
	body["env"] = env
}

// line fills in one command line.
func (e *expansion) line(cmd string, scope, env map[string]any, stage string) string {
	var out strings.Builder
	var q quoting
	at := 0
	for _, found := range template.FindAllStringSubmatchIndex(cmd, -1) {
		q.read(cmd[at:found[0]])
		out.WriteString(cmd[at:found[0]])
		at = found[1]
		word := cmd[found[2]:found[3]]
		value, ok := e.value(word, cmd[found[0]:found[1]], scope, stage)
		switch {
		case !ok:
		case plainValue.MatchString(value):
			out.WriteString(value)
			q.read(value)
		case strings.ContainsRune(value, 0):
			e.say(fmt.Sprintf("%s contains a zero byte, which commands cannot receive", word), "", e.at(stage)...)
		case strings.Contains(cmd, "<<") || strings.Contains(cmd, "$(("):
			e.say(fmt.Sprintf("the value %q of %s cannot be used in a command with << or $((", value, word),
				"write it into a file of deps, or give it to a program as an argument", e.at(stage)...)
		default:
			out.WriteString(q.quoted(variableFor(word, value, env)))
		}
	}
	out.WriteString(cmd[at:])
	return out.String()
}

// variableFor is the variable that carries the value: made of the template's
// word, and numbered where another value has that name.
func variableFor(word, value string, env map[string]any) string {
	base := "ASHLAR_" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' {
			return c - 'a' + 'A'
		}
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, word)
	for name, n := base, 2; ; name, n = fmt.Sprintf("%s_%d", base, n), n+1 {
		if was, taken := env[name]; !taken || was == value {
			env[name] = value
			return name
		}
	}
}

// quoting follows a command line, so far as to know which quotes are open. Where
// a line is too clever for it, a variable is in other quotes than were meant;
// it still is a variable.
type quoting struct {
	open    []byte // ' or ", and ( of $(...) around them
	escaped bool
	before  byte
}

func (q *quoting) read(text string) {
	for i := range len(text) {
		c := text[i]
		in := q.now()
		switch {
		case q.escaped:
			q.escaped = false
		case in == '\'':
			if c == '\'' {
				q.close()
			}
		case c == '\\':
			q.escaped = true
		case c == '"' && in == '"', c == ')' && in == '(':
			q.close()
		case c == '(' && q.before == '$', c == '"', c == '\'' && in != '"':
			q.open = append(q.open, c)
		}
		q.before = c
	}
}

func (q *quoting) now() byte {
	if len(q.open) == 0 {
		return 0
	}
	return q.open[len(q.open)-1]
}

func (q *quoting) close() { q.open = slices.Delete(q.open, len(q.open)-1, len(q.open)) }

// quoted names the variable so that its value is one word, or a part of one.
func (q *quoting) quoted(variable string) string {
	switch q.now() {
	case '"':
		return "${" + variable + "}"
	case '\'':
		return `'"${` + variable + `}"'`
	}
	return `"${` + variable + `}"`
}
