// Package notify tells people that a pipeline's run has failed for good, by
// e-mail and by webhook.
//
// Who is told is the blueprint's business; how mail gets out is the machine's,
// in ASHLAR_SMTP_URL, for it is a secret. Mail goes over TLS or not at all. A
// receiver that is down for a moment is asked again; one that refuses is not.
package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	retry "github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// Failure is what is told.
type Failure struct {
	Blueprint   string    `json:"blueprint"`
	Environment string    `json:"environment"`
	Pipeline    string    `json:"pipeline,omitempty"`
	Model       string    `json:"model,omitempty"`
	Run         string    `json:"run"`
	Trigger     string    `json:"trigger"`
	Stage       string    `json:"stage,omitempty"`
	Error       string    `json:"error"`
	Commit      string    `json:"commit,omitempty"`
	At          time.Time `json:"at"`
}

// Config says who is told and by which way.
type Config struct {
	Email   []string
	Webhook string // URL; empty: none
	// SMTP is smtps://USER:PASSWORD@HOST:465, or smtp://... for STARTTLS, which
	// is then required.
	SMTP   string
	From   string       // sender's address
	Secret string       // signs the webhook; empty: it is not signed
	TLS    *tls.Config  // nil: the system's roots
	Client *http.Client // nil: one that keeps the rules of package outbound
	// Network is what mail goes out by; the zero value is this machine's.
	Network outbound.Config
}

// Tries and wait are for receivers that are down for a moment.
const (
	tries   = 4
	wait    = 500 * time.Millisecond
	timeout = 2 * time.Minute
)

// sender is one way of telling.
type sender interface {
	send(ctx context.Context, f Failure) error
}

// Notifier tells everybody. It is safe for concurrent use.
type Notifier struct {
	senders []sender
	wait    time.Duration
	within  time.Duration // of telling all
}

// New checks the configuration. Without a receiver Failed does nothing.
func New(cfg Config) (*Notifier, error) {
	n := &Notifier{wait: wait, within: timeout}
	var problems []error
	if len(cfg.Email) > 0 {
		m, err := newMailer(cfg)
		problems = append(problems, err)
		n.senders = append(n.senders, m)
	}
	if cfg.Webhook != "" {
		w, err := newWebhook(cfg)
		problems = append(problems, err)
		n.senders = append(n.senders, w)
	}
	return n, errors.Join(problems...)
}

// FromEnvironment fills in what the machine says: ASHLAR_SMTP_URL,
// ASHLAR_SMTP_FROM and ASHLAR_WEBHOOK_SECRET.
func FromEnvironment(cfg Config, getenv func(string) string) Config {
	cfg.SMTP, cfg.From, cfg.Secret = getenv("ASHLAR_SMTP_URL"), getenv("ASHLAR_SMTP_FROM"),
		getenv("ASHLAR_WEBHOOK_SECRET")
	return cfg
}

// temporaryError is worth another try, after a wait where the receiver says so.
type temporaryError struct {
	error
	after time.Duration
}

// Unwrap returns the cause.
func (e temporaryError) Unwrap() error { return e.error }

// Failed tells every receiver, and returns what could not be told, joined. It
// takes two minutes at most.
//
// Receivers are told one after the other, mail first. Each has an equal part of the
// time that is left, so that one which is tried again takes none from those after it,
// and an error of one does not keep the others from being told.
func (n *Notifier) Failed(ctx context.Context, f Failure) error {
	end := time.Now().Add(n.within)
	var problems []error
	for i, s := range n.senders {
		part, cancel := context.WithTimeout(ctx, time.Until(end)/time.Duration(len(n.senders)-i))
		problems = append(problems, n.tell(part, s, f))
		cancel()
	}
	return errors.Join(problems...)
}

// tell tells one receiver, again after what another try may help with.
// Pauses are 0.5, 1 and 2 s, with 20 % jitter, and what the receiver asks for on top,
// at most half a minute. After the last try there is nothing to wait for, and without
// time left the cause says more than that there is none.
func (n *Notifier) tell(ctx context.Context, s sender, f Failure) error {
	back := retry.WithMaxRetries(tries-1, retry.WithJitterPercent(20, retry.NewExponential(n.wait)))
	try := 0
	return retry.Do(ctx, back, func(ctx context.Context) error {
		try++
		err := s.send(ctx, f)
		var temporary temporaryError
		if !errors.As(err, &temporary) {
			return err
		}
		if try == tries {
			return temporary.error
		}
		select {
		case <-time.After(min(temporary.after, timeout/4)):
			return retry.RetryableError(temporary.error)
		case <-ctx.Done():
			return temporary.error
		}
	})
}

// bounds of what is told.
const (
	maxLines = 60
	maxText  = 8 << 10
)

// text is the failure as a mail has it.
// Rows without a value are left out. The error is bounded: it may hold the output
// of a command, and mail servers refuse large messages.
func (f Failure) text() string {
	var b strings.Builder
	for _, row := range [][2]string{
		{"blueprint", f.Blueprint}, {"environment", f.Environment}, {"pipeline", f.Pipeline},
		{"model", f.Model}, {"run", f.Run},
		{"trigger", f.Trigger}, {"stage", f.Stage}, {"commit", f.Commit}, {"at", f.At.UTC().Format(time.RFC3339)},
	} {
		if row[1] != "" {
			fmt.Fprintf(&b, "%-12s %s\n", row[0], line(row[1]))
		}
	}
	fmt.Fprintf(&b, "\n%s\n\nThe run is whole: finished work is kept, and the next run continues from there.\n",
		bounded(f.Error))
	return b.String()
}

// subject is one line.
// Line ends are taken out, so that no text of a run can add headers to a mail.
func (f Failure) subject() string {
	what := f.Pipeline
	if what == "" {
		what = f.Model
	}
	at := ""
	if f.Stage != "" {
		at = " at stage " + f.Stage
	}
	return line(fmt.Sprintf("%s (%s): %s failed%s", f.Blueprint, f.Environment, what, at))
}

// line makes one line of printable characters.
// It is cut at 200 characters.
func line(text string) string {
	text = strings.Join(strings.Fields(printable(text)), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:197]) + "..."
	}
	return text
}

// bounded keeps the first and the last lines.
// An error's cause is mostly in its first lines and what a program said last in its
// last ones, so the middle goes.
func bounded(text string) string {
	lines := strings.Split(printable(text), "\n")
	if len(lines) > maxLines {
		lines = append(append(lines[:maxLines/2:maxLines/2], "..."), lines[len(lines)-maxLines/2:]...)
	}
	out := strings.Join(lines, "\n")
	if len(out) > maxText {
		out = strings.ToValidUTF8(out[:maxText/2], "") + "\n...\n" + strings.ToValidUTF8(out[len(out)-maxText/2:], "")
	}
	return out
}

// printable takes out control characters but for the ends of lines.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' {
			return ' '
		}
		if c != '\n' && (c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
}
