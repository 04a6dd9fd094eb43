package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// outOfReach reports whether the error is that a database, an object store,
// GitHub, a tracker or a registry of images is down or cannot be reached, so that
// the same may work later. A server that answers and refuses, such as for a wrong
// password, and a host that no name server knows are the user's to put right.
func outOfReach(err error) bool {
	var (
		name    *net.DNSError
		network *net.OpError
		push    *transport.Error
		answer  interface{ HTTPStatusCode() int } // of the AWS SDK, and of package github
		state   interface{ SQLState() string }    // of PostgreSQL
		slow    interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &state):
		return unavailableState(state.SQLState())
	case errors.As(err, &answer):
		return unavailable(answer.HTTPStatusCode())
	case errors.As(err, &push):
		return unavailable(push.StatusCode)
	case errors.As(err, &name):
		return !name.IsNotFound
	case errors.As(err, &network):
		return slices.Contains([]string{"dial", "read", "write"}, network.Op)
	case errors.Is(err, context.DeadlineExceeded):
		return true
	}
	return errors.As(err, &slow) && slow.Timeout()
}

// unavailable are the answers that ask a client to come again.
func unavailable(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests ||
		status == http.StatusRequestTimeout
}

// unavailableState tells PostgreSQL's states of an outage: connection
// exceptions, too few resources, and a server that goes down or comes up.
// See its documentation, appendix A.
func unavailableState(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P") ||
		strings.HasPrefix(code, "58")
}
