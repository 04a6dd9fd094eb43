package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var failure = Failure{
	Blueprint: "credit-risk", Environment: "prod", Pipeline: "nightly", Model: "default-risk",
	Run: "20261125T000000Z", Trigger: "schedule",
	Stage: "train", Error: "the command ended with exit code 7; the end of what it printed:\n    boom",
	At: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC),
}

// quick makes a notifier that waits little.
func quick(t *testing.T, cfg Config) *Notifier {
	t.Helper()
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.wait = time.Millisecond
	return n
}

func TestAMailArrivesOverTLS(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		s := newMailServer(t, implicit)
		n := quick(t, Config{Email: []string{"oncall@example.com", "ada@example.com"}, SMTP: s.url("ashlar:s3cret@"),
			From: "ashlar@example.com", TLS: s.trust()})
		if err := n.Failed(t.Context(), failure); err != nil {
			t.Fatal(err)
		}
		if len(s.mails) != 1 || len(s.logins) != 1 || s.logins[0] != "\x00ashlar\x00s3cret" {
			t.Fatalf("%d mails, logins %q", len(s.mails), s.logins)
		}
		m, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Header.Get("Subject"); got != "credit-risk (prod): nightly failed at stage train" {
			t.Errorf("subject %q", got)
		}
		if got := m.Header.Get("To"); !strings.Contains(got, "oncall@example.com") ||
			!strings.Contains(got, "ada@example.com") {
			t.Errorf("to %q", got)
		}
		if body, err := io.ReadAll(m.Body); err != nil || !strings.Contains(string(body), "boom") ||
			!strings.Contains(string(body), "nightly") {
			t.Errorf("body %q (%v)", body, err)
		}
	}
}

func TestAServerThatIsDownForAMomentIsAskedAgain(t *testing.T) {
	s := newMailServer(t, true)
	s.fail = []string{"RCPT 451 later", "DATA close", "MAIL 421 busy"}
	n := quick(t, Config{Email: []string{"a@example.com"}, SMTP: s.url(""), From: "b@example.com", TLS: s.trust()})
	if err := n.Failed(t.Context(), failure); err != nil || len(s.mails) != 1 {
		t.Errorf("%v, %d mails", err, len(s.mails))
	}
}

func TestAServerThatRefusesIsNot(t *testing.T) {
	for _, fail := range []string{"RCPT 550 no such user", "AUTH 535 wrong password"} {
		s := newMailServer(t, true)
		s.fail = []string{fail, "MAIL 550 asked twice"}
		n := quick(t, Config{Email: []string{"a@example.com"}, SMTP: s.url("u:s3cret@"),
			From: "b@example.com", TLS: s.trust()})
		err := n.Failed(t.Context(), failure)
		if err == nil || !strings.Contains(err.Error(), fail[5:8]) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", fail, err)
		}
		if len(s.fail) != 1 {
			t.Errorf("%s: the server was asked again", fail)
		}
	}
}

func TestAServerWithoutTLSGetsNothing(t *testing.T) {
	s := newMailServer(t, false)
	s.fail = []string{"EHLO 250 double", "EHLO 250 double", "EHLO 250 double", "EHLO 250 double"}
	n := quick(t, Config{Email: []string{"a@example.com"}, SMTP: s.url("u:s3cret@"),
		From: "b@example.com", TLS: s.trust()})
	if err := n.Failed(t.Context(), failure); err == nil || len(s.mails)+len(s.logins) > 0 {
		t.Errorf("%v, %d mails, logins %q", err, len(s.mails), s.logins)
	}
	stranger := newMailServer(t, true)
	n = quick(t, Config{Email: []string{"a@example.com"}, SMTP: stranger.url("u:s3cret@"), From: "b@example.com"})
	if err := n.Failed(t.Context(), failure); err == nil || !strings.Contains(err.Error(), "certificate") ||
		len(stranger.logins) > 0 {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
}

func TestAWebhookIsSignedAndAskedAgain(t *testing.T) {
	answers := []int{503, 429, 200}
	var bodies []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write(body)
		if r.Header.Get(signature) != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
			t.Error("the signature does not hold")
		}
		code := answers[len(bodies)]
		bodies = append(bodies, string(body))
		w.WriteHeader(code)
	}))
	defer hook.Close()
	n := quick(t, Config{Webhook: hook.URL + "/T0KEN", Secret: "key"})
	if err := n.Failed(t.Context(), failure); err != nil || len(bodies) != 3 {
		t.Fatalf("%v after %d posts", err, len(bodies))
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got["event"] != "pipeline_failed" || got["pipeline"] != "nightly" ||
		got["stage"] != "train" || got["text"] == "" {
		t.Errorf("posted %v", got)
	}
	answers, bodies = []int{404, 200}, nil
	err := n.Failed(t.Context(), failure)
	if err == nil || len(bodies) != 1 || strings.Contains(err.Error(), "T0KEN") {
		t.Errorf("a refusal: %v after %d posts", err, len(bodies))
	}
}

func TestEverybodyIsToldAlsoWhereOneCannotBe(t *testing.T) {
	s := newMailServer(t, true)
	n := quick(t, Config{Email: []string{"a@example.com"}, SMTP: s.url(""), From: "b@example.com", TLS: s.trust(),
		Webhook: "http://127.0.0.1:1/x"})
	if err := n.Failed(t.Context(), failure); err == nil || len(s.mails) != 1 {
		t.Errorf("%v, %d mails", err, len(s.mails))
	}
}

func TestWrongSettingsAreToldAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no server":      {Config{Email: []string{"a@example.com"}}, "ASHLAR_SMTP_URL is not set"},
		"no sender":      {Config{Email: []string{"a@example.com"}, SMTP: "smtps://h"}, "ASHLAR_SMTP_FROM"},
		"another scheme": {Config{Email: []string{"a@example.com"}, SMTP: "http://u:s3cret@h"}, "not a URL such as"},
		"no address": {Config{Email: []string{"oncall"}, SMTP: "smtps://h", From: "b@example.com"},
			`"oncall" is not a valid email address`},
		"an open webhook":   {Config{Webhook: "http://hooks.example.com/x"}, "over https only"},
		"a webhook of none": {Config{Webhook: "hooks"}, "not a URL such as"},
	} {
		if _, err := New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := New(Config{}); err != nil || n.Failed(t.Context(), failure) != nil {
		t.Errorf("nobody to tell is no error: %v", err)
	}
}

// FuzzFailure holds that nothing in a failure can add a header or another mail.
func FuzzFailure(f *testing.F) {
	f.Add("train\r\nBcc: eve@example.com", "x\r\n.\r\nMAIL FROM:<eve@example.com>", "\xff\x00")
	f.Fuzz(func(t *testing.T, stage, text, blueprint string) {
		one := Failure{Blueprint: blueprint, Stage: stage, Error: text, Pipeline: stage}
		if s := one.subject(); strings.ContainsAny(s, "\r\n\x00") || len([]rune(s)) > 200 {
			t.Errorf("subject %q", s)
		}
		if b := one.text(); strings.ContainsAny(b, "\r\x00") || len(b) > maxText+2000 {
			t.Errorf("body of %d bytes: %q", len(b), b)
		}
	})
}

func TestWebhooksLeadToNoMetadata(t *testing.T) {
	for _, address := range []string{"https://169.254.169.254/latest/", "https://[fd00:ec2::254]/",
		"https://[::ffff:169.254.169.254]/", "https://2852039166/", "https://metadata.google.internal/"} {
		n, err := New(Config{Webhook: address})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := n.Failed(t.Context(), Failure{Pipeline: "p"}); err == nil ||
			!strings.Contains(err.Error(), "requests to it are refused") &&
				!strings.Contains(err.Error(), "not an address") {
			t.Errorf("%s: %v", address, err)
		}
		if time.Since(began) > 400*time.Millisecond {
			t.Errorf("%s was tried again", address)
		}
	}
}

func TestWebhooksFollowNoRedirectElsewhere(t *testing.T) {
	var heard atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer other.Close()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer hook.Close()
	n, err := New(Config{Webhook: hook.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Failed(t.Context(), Failure{Pipeline: "p"}); err == nil ||
		!strings.Contains(err.Error(), "redirects to another host") || heard.Load() > 0 {
		t.Errorf("%v; the other heard of %d", err, heard.Load())
	}
}

// receiver answers as a test says, and counts how often it was asked.
type receiver struct {
	answer error
	asked  int
}

func (r *receiver) send(ctx context.Context, _ Failure) error {
	if r.asked++; ctx.Err() != nil {
		return ctx.Err()
	}
	return r.answer
}

func TestNobodyWaitsAfterTheLastTry(t *testing.T) {
	down := &receiver{answer: temporaryError{errors.New("down"), 400 * time.Millisecond}}
	n := &Notifier{senders: []sender{down}, wait: time.Millisecond, within: time.Minute}
	began := time.Now()
	err := n.Failed(t.Context(), failure)
	if took := time.Since(began); err == nil || err.Error() != "down" || down.asked != tries ||
		took < 1200*time.Millisecond || took >= 1600*time.Millisecond {
		t.Errorf("%v after %d tries in %s", err, down.asked, took)
	}
}

func TestAReceiverTakesNoTimeFromTheNext(t *testing.T) {
	down := &receiver{answer: temporaryError{errors.New("down"), time.Minute}}
	up := &receiver{}
	n := &Notifier{senders: []sender{down, up}, wait: time.Millisecond, within: 200 * time.Millisecond}
	err := n.Failed(t.Context(), failure)
	if err == nil || err.Error() != "down" || down.asked != 1 || up.asked != 1 {
		t.Errorf("%v, after %d and %d tries", err, down.asked, up.asked)
	}
}
