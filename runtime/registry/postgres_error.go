package registry

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// The SQLSTATE codes that matter here: PostgreSQL's documentation, appendix A.
const (
	undefinedTable        = "42P01"
	undefinedColumn       = "42703"
	insufficientPrivilege = "42501"
	connectionClass       = "08"
	serializationFailure  = "40001"
	deadlockDetected      = "40P01"
	tooManyConnections    = "53300"
	adminShutdown         = "57P01"
	crashShutdown         = "57P02"
	cannotConnectNow      = "57P03"
	lockNotAvailable      = "55P03"
	idleInTransactionOver = "25P03"
)

// lockNotAvailable is what lock_timeout ends in, idleInTransactionOver what a
// session gets whose process was stopped for longer than the limit.
var transientStates = []string{
	serializationFailure, deadlockDetected, tooManyConnections, adminShutdown, crashShutdown, cannotConnectNow,
	lockNotAvailable, idleInTransactionOver,
}

// sqlState is the error's SQLSTATE, or "" where the server sent none.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// transientInPostgres reports whether the same may work in a moment: the server
// says so, or the connection to it is gone or cannot be made. A server that
// answers and refuses, such as a wrong password, is not.
// The order matters: a DNS error also is a net.Error, which would be tried again.
func transientInPostgres(err error) bool {
	if state := sqlState(err); state != "" {
		return slices.Contains(transientStates, state) || state[:2] == connectionClass
	}
	for _, gone := range []error{
		driver.ErrBadConn, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ENOENT, // ENOENT: a socket not made yet
	} {
		if errors.Is(err, gone) {
			return true
		}
	}
	var name *net.DNSError
	if errors.As(err, &name) && name.IsNotFound {
		return false // rather a typing error than an outage
	}
	var network net.Error
	return pgconn.Timeout(err) || errors.As(err, &network)
}
