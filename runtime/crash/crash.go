// Package crash ends a program that has a defect the way all of Ashlar's
// programs promise: a report on standard error and exit code 3.
//
// Go ends a program by exit code 2 where a goroutine panics, and a recover in
// main sees the panics of main's own goroutine only. Code 2 means wrong input
// here, so a script would blame its user for a defect. Each goroutine that the
// project starts therefore defers Guard, and a test in tests/architecture finds
// those that do not.
//
// Guard ends the process at the panic and does not carry it to whoever waits: a
// waiter may wait for what the goroutine would have sent, and then nobody hears
// of the panic. Nothing is lost by that which Go would have kept, since it ends
// the process at the same place. What is written is written atomically.
//
// Goroutines that a library starts are the library's: a panic there is Go's own
// crash, with exit code 2 and a trace. A parent process could translate that,
// but it would have to be between the terminal, the signals and the program
// at all times for a case that has not been seen. Callbacks of ours that a
// library calls from its goroutines (gRPC, Pulumi's applies) are guarded.
package crash

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
)

// ExitCode is that of a defect.
const ExitCode = 3

// Where is where defects are reported.
const Where = "https://github.com/ashlar-dev/ashlar/issues"

// Guard ends the process with a report where the goroutine panics. It must be
// deferred itself, and be the function's last defer, so that it runs before any
// other tells a waiter that the goroutine is done.
func Guard() {
	if p := recover(); p != nil {
		r := New(p, debug.Stack(), os.Environ())
		if r.Program == workload {
			r.Log(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		} else {
			_ = r.Write(os.Stderr) // there is nowhere else to say it
		}
		os.Exit(ExitCode)
	}
}

// workload is the program whose standard error is read by machines: a line of
// JSON each.
const workload = "ashlar-runtime"

// Guarded is f with Guard.
func Guarded(f func()) func() {
	return func() {
		defer Guard()
		f()
	}
}

// Report is what is known of a panic. No secret of the environment and no
// password of a URL is in it.
type Report struct {
	Program string // such as ashlar
	Version string // of the program, with the revision where it is known
	Message string
	Stack   string
}

// New makes the report of a value that was recovered with the stack of its
// goroutine. What environ, in the form of os.Environ, calls secret is taken out.
func New(recovered any, stack []byte, environ []string) Report {
	clean := cleaner(environ)
	r := Report{Program: "ashlar", Version: "devel", Message: clean(fmt.Sprint(recovered)), Stack: clean(string(stack))}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return r
	}
	if name := path.Base(info.Path); strings.HasPrefix(name, "ashlar") || strings.HasPrefix(name, "pulumi-") {
		r.Program = name
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		r.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(r.Version, s.Value[:min(12, len(s.Value))]) {
			r.Version += " " + s.Value
		}
	}
	return r
}

// Log logs the report as one line.
func (r Report) Log(to *slog.Logger) {
	to.Error("internal error; this is a defect in Ashlar, please report it", "panic", r.Message, "report_at", Where,
		"version", r.Version, "go", runtime.Version(), "stack", r.Stack)
}

// Write writes the report for people, in one write.
func (r Report) Write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: internal error: %s\nThis is a defect in Ashlar, not in what it was given. Please report it at %s with what follows.\nversion %s, %s on %s/%s\n%s\n",
		r.Program, r.Message, Where, r.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH,
		strings.TrimSpace(r.Stack))
	return err
}

var (
	userinfo = regexp.MustCompile(`://([^/\s:@]*):[^/\s@]+@`)
	secret   = regexp.MustCompile(`(?i)passw|secret|token|credential|private|api_?key|access_?key|webhook`)
)

// cleaner takes passwords of URLs and what the environment calls secret out of
// a text.
func cleaner(environ []string) func(string) string {
	var pairs []string
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if len(value) >= 6 && secret.MatchString(name) {
			pairs = append(pairs, value, "["+name+"]")
		}
	}
	hide := strings.NewReplacer(pairs...)
	return func(text string) string {
		return userinfo.ReplaceAllString(hide.Replace(text), "://$1:[hidden]@")
	}
}
