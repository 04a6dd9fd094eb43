package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// A script waits and tries again after 3, and gives up after 2.
func TestAnOutageIsToldFromATypo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, busy := net.Listen("tcp", taken.Addr().String())
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	_, refused := net.Dial("tcp", gone.Addr().String())
	_, asked := http.Get("http://" + gone.Addr().String()) //nolint:bodyclose // nobody answers
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request) {
		time.Sleep(100 * time.Millisecond)
	}))
	defer slow.Close()
	_, late := (&http.Client{Timeout: time.Millisecond}).Get(slow.URL) //nolint:bodyclose // it answers too late
	_, noFile := os.Open(filepath.Join(t.TempDir(), "nothing"))

	for name, c := range map[string]struct {
		err  error
		code int
	}{
		"nobody listens":         {refused, plan.ExitInternal},
		"nobody answers HTTP":    {asked, plan.ExitInternal},
		"an answer that is late": {late, plan.ExitInternal},
		"a deadline":             {ctx.Err(), plan.ExitInternal},
		"a name server that is down": {&net.DNSError{Err: "server misbehaving", Name: "db",
			IsTemporary: true}, plan.ExitInternal},
		"PostgreSQL that starts up":         {stateError("57P03"), plan.ExitInternal},
		"PostgreSQL with too many clients":  {stateError("53300"), plan.ExitInternal},
		"a broken connection to PostgreSQL": {stateError("08006"), plan.ExitInternal},
		"a server that answers 503":         {httpError(503), plan.ExitInternal},
		"a server that answers 429":         {httpError(429), plan.ExitInternal},
		"a registry of images that is down": {&transport.Error{StatusCode: 502}, plan.ExitInternal},

		"a host that nobody knows": {&net.DNSError{Err: "no such host", Name: "db",
			IsNotFound: true}, plan.ExitInput},
		"a wrong password":             {stateError("28P01"), plan.ExitInput},
		"a database that is not there": {stateError("3D000"), plan.ExitInput},
		"a server that answers 403":    {httpError(403), plan.ExitInput},
		"a push that is not allowed":   {&transport.Error{StatusCode: 401}, plan.ExitInput},
		"an address that is taken":     {busy, plan.ExitInput},
		"a file that is not there":     {noFile, plan.ExitInput},
		"a wrong flag":                 {usageError("no"), plan.ExitInput},
	} {
		if c.err == nil {
			t.Fatalf("%s: the error could not be made", name)
		}
		if got := exitCode(errors.Join(fmt.Errorf("reading: %w", c.err))); got != c.code {
			t.Errorf("%s: exit code %d, want %d: %v", name, got, c.code, c.err)
		}
	}
}

// httpError answers as the errors of the AWS SDK and of package github do.
type httpError int

func (e httpError) Error() string       { return http.StatusText(int(e)) }
func (e httpError) HTTPStatusCode() int { return int(e) }

// stateError answers as the errors of PostgreSQL's driver do.
type stateError string

func (e stateError) Error() string    { return "SQLSTATE " + string(e) }
func (e stateError) SQLState() string { return string(e) }
