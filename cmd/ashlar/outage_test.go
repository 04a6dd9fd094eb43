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
	_, asked := http.Get("http://" + gone.Addr().String())
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) }))
	defer slow.Close()
	_, late := (&http.Client{Timeout: time.Millisecond}).Get(slow.URL)
	_, noFile := os.Open(filepath.Join(t.TempDir(), "nothing"))

	for name, c := range map[string]struct {
		err  error
		code int
	}{
		"nobody listens":                    {refused, exitInternal},
		"nobody answers HTTP":               {asked, exitInternal},
		"an answer that is late":            {late, exitInternal},
		"a deadline":                        {ctx.Err(), exitInternal},
		"a name server that is down":        {&net.DNSError{Err: "server misbehaving", Name: "db", IsTemporary: true}, exitInternal},
		"PostgreSQL that starts up":         {stateError("57P03"), exitInternal},
		"PostgreSQL with too many clients":  {stateError("53300"), exitInternal},
		"a broken connection to PostgreSQL": {stateError("08006"), exitInternal},
		"a server that answers 503":         {httpError(503), exitInternal},
		"a server that answers 429":         {httpError(429), exitInternal},
		"a registry of images that is down": {&transport.Error{StatusCode: 502}, exitInternal},

		"a host that nobody knows":     {&net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}, exitInput},
		"a wrong password":             {stateError("28P01"), exitInput},
		"a database that is not there": {stateError("3D000"), exitInput},
		"a server that answers 403":    {httpError(403), exitInput},
		"a push that is not allowed":   {&transport.Error{StatusCode: 401}, exitInput},
		"an address that is taken":     {busy, exitInput},
		"a file that is not there":     {noFile, exitInput},
		"a wrong flag":                 {usageError("no"), exitInput},
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
