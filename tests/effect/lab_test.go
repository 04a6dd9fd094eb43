package effect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// probe returns what can be seen of a blueprint's effects, as text without
// times, identifiers and the plan itself, so that two equal texts mean that a
// user would see the same.
type probe func(*lab) string

// lab is a folder with a blueprint and its data.
type lab struct {
	*testing.T
	dir     string
	changed bool     // the field has been changed
	heard   *hearing // what the double at doubleURL was asked
}

// newLab writes the base, edited, and its data into a folder of the test.
func newLab(t *testing.T, base string, edits ...[]string) *lab {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", base))
	if err != nil {
		t.Fatal(err)
	}
	for _, pairs := range edits {
		for i := 0; i+1 < len(pairs); i += 2 {
			if n := strings.Count(string(text), pairs[i]); n != 1 {
				t.Fatalf("the blueprint says %q %d times", pairs[i], n)
			}
			text = []byte(strings.Replace(string(text), pairs[i], pairs[i+1], 1))
		}
	}
	l := &lab{T: t, dir: dir}
	if strings.Contains(string(text), doubleURL) {
		text = bytes.ReplaceAll(text, []byte(doubleURL), []byte(l.listen()))
	}
	l.write("base.cue", string(text))
	l.write("loans.csv", loans(240, 7))
	l.write("more.csv", loans(240, 8))
	l.write("rare.csv", rare(loans(240, 7)))
	trees, err := os.ReadFile(filepath.Join("testdata", "trees.txt"))
	if err != nil {
		t.Fatal(err)
	}
	l.write("trees.txt", string(trees))
	return l
}

func (l *lab) write(name, text string) {
	l.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		l.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) read(name string) string {
	l.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}

// run runs the CLI in the folder and returns its standard output and exit code.
func (l *lab) run(args ...string) (string, int) {
	l.Helper()
	cmd := exec.CommandContext(l.Context(), ashlar, args...) //nolint:gosec // the test's own build
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "ASHLAR_USER=ada")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return out.String() + said.String(), code
	}
	return out.String(), 0
}

// loans is a table whose status follows from age, income and city, with noise.
func loans(rows int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // data of a test
	var b strings.Builder
	b.WriteString("id,age,income,city,member,opened,status,amount\n")
	for i := range rows {
		age, income, city := 18+r.IntN(63), 1000+r.IntN(8000), []string{"Berlin", "Paris", "Rome"}[r.IntN(3)]
		score := float64(income)/1000 + float64(age)/20 + r.NormFloat64()
		if city == "Rome" {
			score++
		}
		status, shown := "bad", fmt.Sprint(income)
		if score > 7 {
			status = "good"
		}
		if r.IntN(10) == 0 {
			shown = ""
		}
		fmt.Fprintf(&b, "c%04d,%d,%s,%s,%t,2025-%02d-%02d,%s,%.2f\n", i, age, shown, city, r.IntN(2) == 0,
			1+i%12, 1+i%28, status, score*10)
	}
	return b.String()
}

// rare leaves two rows of loans bad.
func rare(text string) string {
	const left = 2
	parts := strings.SplitN(text, ",bad,", left+1)
	return strings.Join(parts[:left], ",bad,") + ",bad," + strings.ReplaceAll(parts[left], ",bad,", ",good,")
}

var (
	digests  = regexp.MustCompile(`(sha256:)?\b[0-9a-f]{8,64}\b`)
	instants = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\dZ:+-]*|\d{8}T\d{6}[.\d]*Z`)
	periods  = regexp.MustCompile(`\b\d[\d.]* ?(ms|µs|ns|s)\b`)
	padding  = regexp.MustCompile(` +PERIOD`)
	requests = regexp.MustCompile(`"request_id": ?"[^"]*"`)
	usage    = regexp.MustCompile(`\d[\w.]* of CPU, [\d.]+ [KMG]?i?B`)
	ports    = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

// scrub takes out what differs between two runs of the same.
func scrub(text string) string {
	text = instants.ReplaceAllString(text, "TIME")
	text = usage.ReplaceAllString(text, "USAGE")
	text = periods.ReplaceAllString(text, "PERIOD")
	text = undigested(text)
	text = requests.ReplaceAllString(text, `"request_id": ""`)
	text = padding.ReplaceAllString(text, " PERIOD")
	return ports.ReplaceAllString(text, "ADDRESS")
}

// undigested takes digests and parts of them out, and leaves numbers alone.
func undigested(text string) string {
	return digests.ReplaceAllStringFunc(text, func(found string) string {
		if strings.Trim(found, "0123456789") == "" {
			return found
		}
		return "DIGEST"
	})
}

// without takes keys out of decoded JSON at any depth.
func without(v any, keys map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if keys[name] {
				delete(v, name)
				continue
			}
			v[name] = without(inner, keys)
		}
	case []any:
		for i := range v {
			v[i] = without(v[i], keys)
		}
	}
	return v
}

// indented is v as JSON with sorted keys, for reading differences.
func indented(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ashlar is the CLI that TestMain has built.
var ashlar string

func TestMain(m *testing.M) {
	os.Exit(withCLI(m))
}

func withCLI(m *testing.M) int {
	dir, err := os.MkdirTemp("", "effect")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ashlar = filepath.Join(dir, "ashlar")
	build := exec.Command("go", "build", "-o", ashlar, "github.com/ashlar-dev/ashlar/cmd/ashlar")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build ashlar: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
