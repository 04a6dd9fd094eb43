package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxAttempts = 6
	// maxWait is the longest wait for a limit; a primary limit resets hourly.
	maxWait = 15 * time.Minute
	// firstBackOff doubles with every attempt, up to half of it added by chance.
	firstBackOff = time.Second
	// unsaid is how long to wait where a secondary limit does not say, by
	// GitHub's own advice.
	unsaid = time.Minute
)

// patience sends a request again where that may help: after a rate limit as
// long as GitHub says, since a limited request was not carried out; after a 5xx
// or a broken connection with back-off, where carrying it out twice is as good
// as once. Callers look before they create, so that they can begin again where a
// creation's answer was lost.
type patience struct {
	next   http.RoundTripper
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	notice func(string)
}

// RoundTrip sends the request, several times if need be.
//
// Each attempt gets a fresh body from GetBody, as the one before may have read it. A
// request whose body cannot be had again is sent once. The last answer is returned
// as it is, whatever it says.
func (p *patience) RoundTrip(req *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		// A transport may change the request that it is given, so each attempt has its own.
		again := req.Clone(req.Context())
		if req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			again.Body = body
		}
		resp, err := p.next.RoundTrip(again)
		wait, why := p.wait(req, resp, err, attempt)
		if why == "" || attempt == maxAttempts || wait > maxWait || req.Body != nil && req.GetBody == nil {
			return resp, err
		}
		if resp != nil {
			drain(resp.Body)
		}
		if p.notice != nil && wait >= 5*time.Second {
			p.notice(fmt.Sprintf("GitHub %s: waiting %s", why, wait.Round(time.Second)))
		}
		if err := p.sleep(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// wait says how long to wait before another attempt and why; "" is never.
// A POST is not sent again after an error or 5xx, since it may have been carried out;
// after a rate limit it is, because then it was not.
func (p *patience) wait(req *http.Request, resp *http.Response, err error, attempt int) (time.Duration, string) {
	backOff := firstBackOff << (attempt - 1)
	backOff += rand.N(backOff / 2) //nolint:gosec // jitter
	// PUT, PATCH and DELETE have the same result twice as once.
	safe := req.Method != http.MethodPost
	switch {
	case err != nil && safe && req.Context().Err() == nil:
		return backOff, "does not answer"
	case err != nil:
		return 0, ""
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusForbidden && limited(resp):
		return p.limit(resp, backOff), "limits the rate"
	case resp.StatusCode >= 500 && safe:
		return backOff, "answers " + strconv.Itoa(resp.StatusCode)
	}
	return 0, ""
}

// limited tells a rate limit from a permission: both are 403.
// Reading the body is left to the last, and the body is put back for the caller.
func limited(resp *http.Response) bool {
	if resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0" {
		return true
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return err == nil && strings.Contains(string(text), "secondary rate limit")
}

// limit is how long GitHub asks to wait.
// Retry-After is in seconds; X-RateLimit-Reset is a Unix time, to which a second is
// added for clocks that differ.
func (p *patience) limit(resp *http.Response, backOff time.Duration) time.Duration {
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n >= 0 {
		return max(time.Duration(n)*time.Second, backOff)
	}
	if n, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil &&
		resp.Header.Get("X-RateLimit-Remaining") == "0" {
		return max(time.Unix(n, 0).Sub(p.now())+time.Second, backOff)
	}
	return max(unsaid, backOff)
}
