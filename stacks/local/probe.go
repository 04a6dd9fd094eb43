package local

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
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
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: h.itself()}}
	defer client.CloseIdleConnections()
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if e.Version == 0 {
			return h.pending(ctx, e)
		}
		answer, err := ask(ctx, client, e.URL+"/predict", e.Example, h.endpoints[i].Own())
		if err != nil {
			return fmt.Errorf("endpoint %s: %w", e.Name, err)
		}
		e.Answer = answer
	}
	return nil
}

// itself trusts this server's certificate and no other: it may be for any name, and by
// an authority that this machine does not know.
func (h *server) itself() *tls.Config {
	if h.secured == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection compares the certificate itself
		VerifyConnection: func(s tls.ConnectionState) error {
			own, err := h.secured.GetCertificate(nil)
			if err == nil && !bytes.Equal(own.Certificate[0], s.PeerCertificates[0].Raw) {
				err = errors.New("somebody else's certificate is shown")
			}
			return err
		}}
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
// authorization is the header of that name; "": there is none.
func ask(ctx context.Context, client *http.Client, url, body, authorization string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
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
