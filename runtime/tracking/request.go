package tracking

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// caller sends JSON and reads JSON. Errors that may pass are retryable.
type caller struct {
	client *http.Client
	base   string
	sign   func(*http.Request)
}

// failure is an answer that is no success, as MLflow words it.
type failure struct {
	Code    string `json:"error_code"`
	Message string `json:"message"`
	status  int
}

// Error is the server's own word, without anything of the request.
func (f *failure) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s %s", f.status, f.Code, cut(f.Message, 300)))
}

// call sends the body, or nothing, and decodes the answer into out, where it is
// not nil. A *failure is what the server said.
func (c *caller) call(ctx context.Context, method, path string, body, out any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	return c.do(ctx, method, c.base+path, "application/json", in, out)
}

// put sends bytes.
func (c *caller) put(ctx context.Context, address string, b []byte) error {
	return c.do(ctx, http.MethodPut, address, "application/octet-stream", bytes.NewReader(b), nil)
}

// do sends one request and decodes its answer. What may pass, a connection that
// fails, 5xx and 429, is marked retryable; a forbidden address and any other
// answer are not. An error never holds the request, which has the token.
func (c *caller) do(ctx context.Context, method, address, kind string, in io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return &refusedError{"the address is not a URL"}
	}
	req.Header.Set("Content-Type", kind)
	if c.sign != nil {
		c.sign(req)
	}
	resp, err := c.client.Do(req)
	var refused *outbound.RefusedError
	if errors.As(err, &refused) {
		return &refusedError{refused.Error()}
	}
	if err != nil {
		return retry.RetryableError(err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	text, err := plan.ReadAll(resp.Body, "the answer", maxAnswer)
	if large := (*plan.TooLargeError)(nil); errors.As(err, &large) {
		return large
	}
	if err != nil {
		return retry.RetryableError(err)
	}
	if resp.StatusCode >= 300 {
		f := &failure{status: resp.StatusCode}
		// A proxy in between answers with HTML; the status says enough.
		if json.Unmarshal(text, f) != nil {
			f.Message = ""
		}
		if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
			return retry.RetryableError(f)
		}
		return f
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("the answer is not the JSON that was expected: %w", err)
	}
	return nil
}
