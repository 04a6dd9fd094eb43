package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// signature is the header with the HMAC-SHA256 of the body, in hexadecimal
// after "sha256=", as GitHub signs its own webhooks.
const signature = "X-Ashlar-Signature-256"

// webhook posts the failure as JSON: the fields of Failure, and text, a line
// for people, which chat services show.
type webhook struct {
	url    string
	host   string
	secret string
	client *http.Client
}

// newWebhook checks the URL without showing it: the path of a chat service's
// webhook is its secret. http is taken on this machine alone.
func newWebhook(cfg Config) (*webhook, error) {
	w := &webhook{url: cfg.Webhook, secret: cfg.Secret, client: cfg.Client}
	if w.client == nil {
		w.client = outbound.Client(outbound.Config{Timeout: 20 * time.Second})
	}
	u, err := url.Parse(cfg.Webhook)
	if err != nil || u.Host == "" {
		return w, errors.New("webhook: it is not a URL such as https://hooks.example.com/ashlar")
	}
	w.host = u.Host
	if u.Scheme != "https" && (u.Scheme != "http" || !outbound.Loopback(u.Hostname())) {
		return w, fmt.Errorf("webhook %s: failures are sent over https only", w.host)
	}
	return w, nil
}

// send posts once. The URL may hold a secret, so errors name the host alone.
func (w *webhook) send(ctx context.Context, f Failure) error {
	f.Error = bounded(f.Error)
	body, err := json.Marshal(struct {
		Event string `json:"event"`
		Text  string `json:"text"`
		Failure
	}{"pipeline_failed", f.subject(), f})
	if err != nil {
		return fmt.Errorf("webhook %s: %w", w.host, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook %s: it is not a URL", w.host)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "ashlar")
	if w.secret != "" {
		// Over the very bytes that are sent, so that a receiver verifies them before
		// it decodes anything.
		mac := hmac.New(sha256.New, []byte(w.secret))
		mac.Write(body)
		req.Header.Set(signature, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	answer, err := w.client.Do(req)
	if err != nil {
		// Its text begins with the method and the whole URL.
		var shown *url.Error
		if errors.As(err, &shown) {
			err = shown.Err
		}
		if errors.As(err, new(*outbound.RefusedError)) {
			return fmt.Errorf("webhook %s: %w", w.host, err)
		}
		return temporaryError{error: fmt.Errorf("webhook %s: %w", w.host, err)}
	}
	// Reading to the end lets the connection be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // what it says is not shown
	_ = answer.Body.Close()
	switch code := answer.StatusCode; {
	case code < 300:
		return nil
	case code == http.StatusTooManyRequests || code >= 500:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // absent or a date: our own wait
		return temporaryError{fmt.Errorf("webhook %s answers %s", w.host, answer.Status),
			time.Duration(max(after, 0)) * time.Second}
	default:
		return fmt.Errorf("webhook %s answers %s", w.host, answer.Status)
	}
}
