package registry

import (
	"context"
	"crypto/x509"
)

// Login is how to prove who connects to a PostgreSQL database.
type Login struct {
	// Credentials are asked for before each connection, so that a token is
	// fresh and a rotated password is followed; nil: the URL has them.
	Credentials Credentials
	// OfURL says that the credentials are the URL's own, read again where it is kept:
	// who consents to send that URL's password over a network consents to them.
	OfURL bool
	// Roots are who may sign the server's certificate; nil: who this machine
	// trusts. A sslrootcert in the URL comes first.
	Roots *x509.CertPool
}

// Target is what is to be connected to.
type Target struct {
	Host string
	Port uint16
	User string // what the URL says; may be empty
}

// Credentials return the user's name and password for the target. The password
// is passed on to the server and kept nowhere.
type Credentials func(ctx context.Context, to Target) (user, password string, err error)
