package local

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// maxAnswer bounds what is read of an endpoint's answer.
const maxAnswer = 64 << 10

// probe asks every endpoint for one prediction over HTTP, as a user would, and
// notes the answers. An endpoint that serves nothing is a *PendingError where a
// version waits for an approval, else an *IdleError.
// It stops at the first that fails. The endpoint's own example is what it is asked.
func (h *server) probe(ctx context.Context, s *Serving) error {
	client := &http.Client{Timeout: 10 * time.Second}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if e.Version == 0 {
			return h.pending(ctx, e)
		}
		answer, err := ask(ctx, client, e.URL+"/predict", e.Example)
		if err != nil {
			return fmt.Errorf("endpoint %s: %w", e.Name, err)
		}
		e.Answer = answer
	}
	return nil
}

// pending explains why an endpoint serves nothing.
func (h *server) pending(ctx context.Context, e *Endpoint) error {
	if _, pinned := h.stack.cfg.Plan.Pins[e.Model]; pinned { // approving another helps nothing
		return &IdleError{Endpoint: e.Name, Why: e.Waiting}
	}
	versions, err := h.stack.state.Registry.Versions(ctx, e.Model)
	if err != nil {
		return err
	}
	// The newest version that waits is named: approving it is what helps.
	for _, v := range versions {
		if v.Status == registry.Pending {
			return h.stack.pending(v)
		}
	}
	return &IdleError{Endpoint: e.Name, Why: e.Waiting}
}

// IdleError says that no version may be served, and why.
type IdleError struct{ Endpoint, Why string }

// Error names the endpoint and the reasons.
func (e *IdleError) Error() string {
	return fmt.Sprintf("endpoint %s serves nothing: %s", e.Endpoint, e.Why)
}

// ask posts the body and returns the answer's text. Any status but 200 is an error.
func ask(ctx context.Context, client *http.Client, url, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("its own example was answered with %s: %s", resp.Status, answer)
	}
	return strings.TrimSpace(string(answer)), err
}
