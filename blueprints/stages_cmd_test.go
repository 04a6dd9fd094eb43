package blueprints

import (
	"os/exec"
	"strings"
	"testing"
)

// harm are values that a shell would act on.
var harm = []string{
	`; touch harm #`, `$(touch harm)`, "`touch harm`", `' ; touch harm ; '`, `" ; touch harm ; "`,
	`"'"; touch harm; '"'`, `${HOME}`, `$HOME`, `a b`, `*`, `~`, `\`, `\\`,
	"a\ntouch harm\n", `&& touch harm`, `| touch harm`, `> harm`, `A=b`, ``, `#`, `!`, `{a,b}`,
	`ünï`, `${item}`, `)`, `$((1))`,
}

// around are the places of a command line where a value can be; each prints it
// between < and >.
var around = []string{
	`printf '<%s>' ${item}`, `printf '<%s>' "${item}"`, `printf '<%s>' '${item}'`, `printf '<%s>' a${item}b`,
	`printf '<%s>' "a${item}b"`, `printf '<%s>' 'a${item}b'`,
	`printf '<%s>' "$(printf %s ${item}x)"`, `printf '<%s>' "$(printf %s "${item}x")"`,
	`printf '<%s>' "$(printf %s '${item}x')"`, `printf '<%s>' \'${item}`, `printf '<%s>' "\"${item}"`,
}

// filled is the line and its variables for one value of foreach.
func filled(t *testing.T, cmd, value string) (string, map[string]any) {
	t.Helper()
	e := expansion{say: func(message, _ string, _ ...string) { t.Errorf("%s with %q: %s", cmd, value, message) }}
	body := map[string]any{"cmd": cmd}
	e.command(body, map[string]any{"item": value}, "s")
	env, _ := body["env"].(map[string]any)
	line, _ := body["cmd"].(string)
	return line, env
}

func TestAValueIsDataWhereverItStands(t *testing.T) {
	for _, cmd := range around {
		for _, value := range append([]string{"0.1", "a-b/c.csv"}, harm...) {
			want := printed(cmd, value)
			line, env := filled(t, cmd, value)
			c := exec.Command("sh", "-c", line)
			c.Dir = t.TempDir()
			for name, v := range env {
				c.Env = append(c.Env, name+"="+v.(string))
			}
			got, err := c.CombinedOutput()
			if err != nil || string(got) != want {
				t.Errorf("%s with %q printed %q (%v), want %q by %s", cmd, value, got, err, want, line)
			}
			if left, _ := exec.Command("ls", c.Dir).Output(); len(left) > 0 {
				t.Errorf("%s with %q left %s", cmd, value, left)
			}
		}
	}
}

// printed is what a line of around prints.
func printed(cmd, value string) string {
	switch {
	case strings.Contains(cmd, "a${item}b"):
		return "<a" + value + "b>"
	case strings.Contains(cmd, "${item}x"):
		return "<" + value + "x>"
	case strings.Contains(cmd, `\'${item}`):
		return "<'" + value + ">"
	case strings.Contains(cmd, `\"${item}`):
		return `<"` + value + ">"
	}
	return "<" + value + ">"
}

func TestAValueIsNoTemplate(t *testing.T) {
	e := expansion{say: func(message, _ string, _ ...string) { t.Error(message) }, out: map[string]any{}}
	e.copy("s", "x", map[string]any{"cmd": "echo ${item}", "env": map[string]any{"X": "${key}"}},
		map[string]any{"item": "${key}", "key": "k"})
	stage, _ := e.out["s@x"].(map[string]any)
	env, _ := stage["env"].(map[string]any)
	if env["ASHLAR_ITEM"] != "${key}" || env["X"] != "k" {
		t.Errorf("%v", stage)
	}
}

func TestAPlainValueStandsInTheLine(t *testing.T) {
	if line, env := filled(t, "./try ${item} out/${item}.json",
		"1e-05"); line != "./try 1e-05 out/1e-05.json" || env != nil {
		t.Errorf("%s with %v", line, env)
	}
}

func TestAValueThatCannotStandInACommandIsRefused(t *testing.T) {
	for _, c := range []struct{ cmd, value, want string }{
		{"cat <<'EOF'\n${item}\nEOF\n", "a b", "<<"}, {"echo $((${item} + 1))", "a[$(id)]", "$(("},
		{"echo ${item}", "a\x00b", "zero byte"},
	} {
		said := ""
		e := expansion{say: func(message, _ string, _ ...string) { said += message }}
		e.command(map[string]any{"cmd": c.cmd}, map[string]any{"item": c.value}, "s")
		if !strings.Contains(said, c.want) {
			t.Errorf("%s with %q: %q", c.cmd, c.value, said)
		}
	}
}

// Whatever the line and the value are, the value's text is in the line only where
// it means nothing to a shell.
func FuzzValuesInCommands(f *testing.F) {
	for _, cmd := range around {
		for _, value := range harm {
			f.Add(cmd, value)
		}
	}
	f.Fuzz(func(t *testing.T, cmd, value string) {
		const sentinel = ";5entinel("
		e := expansion{say: func(string, string, ...string) {}}
		body := map[string]any{"cmd": cmd}
		e.command(body, map[string]any{"item": value + sentinel}, "s")
		if line, _ := body["cmd"].(string); strings.Count(line, sentinel) > strings.Count(cmd, sentinel) {
			t.Errorf("%q with %q became %q", cmd, value, line)
		}
	})
}
