package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// progress shows a run's events: on a terminal one line a stage that moves
// while the stage works, in a pipe one plain line when it has ended, and with
// --output json one object an event.
type progress struct {
	app  *app
	w    io.Writer
	live bool
	mu   sync.Mutex
	unit string
	last time.Time
	busy map[string]bool // stages that are under way
}

func (a *app) newProgress(w io.Writer) *progress {
	return &progress{app: a, w: w, live: a.terminal(w)}
}

// observe takes one event. It is safe for concurrent use.
func (p *progress) observe(e pipeline.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.app.json() {
		// A watcher that went away must not stop the run.
		_ = p.app.writeLine(e)
		return
	}
	if e.Unit != p.unit {
		p.unit, p.busy = e.Unit, map[string]bool{}
		fmt.Fprintf(p.w, "%s\n", p.app.colour(p.w, text.Bold, e.Unit))
	}
	switch e.Kind {
	case pipeline.StageStarted, pipeline.StageProgress:
		p.busy[e.Stage] = true
		p.moving(e)
	case pipeline.StageRetrying:
		e.Detail, _, _ = strings.Cut(e.Detail, "\n")
		p.ended(e, p.app.colour(p.w, text.FgYellow, "again "))
	case pipeline.StageReused:
		p.ended(e, p.app.colour(p.w, text.FgCyan, "reused"))
	case pipeline.StageDone:
		p.ended(e, p.app.colour(p.w, text.FgGreen, "done  "))
	case pipeline.StageFailed:
		e.Detail, _, _ = strings.Cut(e.Detail, "\n")
		p.ended(e, p.app.colour(p.w, text.FgRed, "failed"))
	}
}

// moving redraws the line at most ten times a second.
func (p *progress) moving(e pipeline.Event) {
	if !p.live || (e.Kind == pipeline.StageProgress && time.Since(p.last) < 100*time.Millisecond) {
		return
	}
	p.last = time.Now()
	beside := ""
	if n := len(p.busy) - 1; n > 0 {
		beside = fmt.Sprintf("(and %d beside it) ", n)
	}
	fmt.Fprintf(p.w, "\r\x1b[K  %s %s %s%s", place(e), bar(e.Done, e.Total), beside, e.Detail)
}

func (p *progress) ended(e pipeline.Event, word string) {
	delete(p.busy, e.Stage)
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, "  %s %s %8s  %s\n", place(e), word, elapsed(e.Elapsed), e.Detail)
}

// place is the stage's number and name. A pipeline with custom stages has
// longer names than the built-in ones.
func place(e pipeline.Event) string {
	width := 9
	if e.Pipeline != "" {
		width = 18
	}
	count := fmt.Sprint(e.Count)
	return fmt.Sprintf("%*d/%s %-*s", len(count), e.Index+1, count, width, e.Stage)
}

func bar(done, total int) string {
	const width = 20
	if total <= 0 {
		return strings.Repeat("·", width)
	}
	n := min(width, width*done/total)
	return strings.Repeat("█", n) + strings.Repeat("░", width-n)
}

func elapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
