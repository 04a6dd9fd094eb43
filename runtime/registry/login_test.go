package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const secret = "s3cr3t/with:odd@chars"

// guard is a PostgreSQL server that asks for a password and lets nobody in: it
// answers the right one with "database not there", any other with a refusal.
type guard struct {
	address  string
	password string
	tls      *tls.Config // nil: TLS is refused
	asked    atomic.Int64
}

func newGuard(t *testing.T) *guard {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	g := &guard{address: l.Addr().String(), password: secret}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.greet(conn)
		}
	}()
	return g
}

func (g *guard) greet(conn net.Conn) {
	defer conn.Close()
	b := pgproto3.NewBackend(conn, conn)
	start, err := b.ReceiveStartupMessage()
	if err != nil {
		return
	}
	plain, ok := start.(*pgproto3.StartupMessage)
	if !ok && g.tls != nil {
		_, _ = conn.Write([]byte("S"))
		g.greet(tls.Server(conn, g.tls))
		return
	}
	if !ok {
		_, _ = conn.Write([]byte("N")) // no TLS here
		return
	}
	user := plain.Parameters["user"]
	b.Send(&pgproto3.AuthenticationCleartextPassword{})
	if b.Flush() != nil || b.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return
	}
	message, err := b.Receive()
	if err != nil {
		return
	}
	g.asked.Add(1)
	answer := &pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01",
		Message: fmt.Sprintf("password authentication failed for user %q", user)}
	if p, ok := message.(*pgproto3.PasswordMessage); ok && p.Password == g.password {
		answer = &pgproto3.ErrorResponse{Severity: "FATAL", Code: "3D000", Message: "it is " + user}
	}
	b.Send(answer)
	_ = b.Flush()
}

func (g *guard) url(userinfo, options string) string {
	return "postgres://" + userinfo + g.address + "/db?sslmode=disable" + options
}

func tryOpen(t *testing.T, location string, login Login) error {
	t.Helper()
	r, err := Open(t.Context(), location, Options{Now: clock(), Login: login, Patience: 20 * time.Millisecond})
	if err == nil {
		r.Close()
		t.Fatalf("%s opened", location)
	}
	return err
}

func TestNoErrorRepeatsAPassword(t *testing.T) {
	g := newGuard(t)
	for name, location := range map[string]string{
		"one that is wrong":      g.url("ada:wrong-s3cr3t@", ""),
		"one that is right":      g.url("ada:s3cr3t%2Fwith%3Aodd%40chars@", ""),
		"as an option":           g.url("ada@", "&password=wrong-s3cr3t"),
		"without escapes":        "postgres://ada:s3cr3t/x:y@host/db",
		"with a bad port":        "postgres://ada:s3cr3t@host:port/db",
		"with a bad option":      "postgres://ada:s3cr3t@127.0.0.1/db?sslmode=s3cr3t",
		"with a control char":    "postgres://ada:s3cr3t\x01@host/db",
		"with a bad escape":      "postgres://ada:s3cr3t%zz@host/db",
		"with no server":         "postgres://ada:s3cr3t@127.0.0.1:1/db",
		"with no such host":      "postgres://ada:s3cr3t@no-such-host.invalid/db",
		"with a bad root file":   "postgres://ada:s3cr3t@127.0.0.1/db?sslmode=verify-full&sslrootcert=/nowhere",
		"with a bad timeout":     "postgres://ada:s3cr3t@127.0.0.1/db?connect_timeout=s3cr3t",
		"of another database":    "mysql://ada:s3cr3t@host/db",
		"that asks for our cert": "postgres://ada:s3cr3t@" + g.address + "/db",
	} {
		err := tryOpen(t, location, Login{})
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
		// %+v and %#v are how loggers may print it.
		if text := fmt.Sprintf("%+v", err); strings.Contains(text, "s3cr3t") {
			t.Errorf("%s, in full: %s", name, text)
		}
	}
	err := tryOpen(t, g.url("ada:wrong@", ""), Login{})
	if !strings.Contains(err.Error(), "postgres://ada@"+g.address+"/db") ||
		!strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("it does not say who was refused where: %v", err)
	}
}

func TestCredentialsAreAskedForBeforeEachConnection(t *testing.T) {
	g := newGuard(t)
	var told Target
	password := "old"
	login := Login{Credentials: func(_ context.Context, to Target) (string, string, error) {
		told = to
		return "rotating", password, nil
	}}
	if err := tryOpen(t, g.url("", ""), login); !strings.Contains(err.Error(),
		`password authentication failed for user "rotating"`) {
		t.Errorf("got %v", err)
	}
	if told.User != "" {
		t.Errorf("the URL names nobody, and it was asked about %q", told.User)
	}
	password = secret
	err := tryOpen(t, g.url("ada@", ""), login)
	if !strings.Contains(err.Error(), "it is rotating") || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
	if told.User != "ada" || fmt.Sprintf("%s:%d", told.Host, told.Port) != g.address {
		t.Errorf("asked about %+v", told)
	}
	if n := g.asked.Load(); n != 2 {
		t.Errorf("%d attempts; a refusal is no reason to try again", n)
	}
}

func TestCredentialsThatCannotBeHadAreTheError(t *testing.T) {
	g := newGuard(t)
	denied := errors.New("secret arn:x: access denied")
	login := Login{Credentials: func(context.Context, Target) (string, string, error) { return "", "", denied }}
	if err := tryOpen(t, g.url("", ""), login); !errors.Is(err, denied) {
		t.Errorf("got %v", err)
	}
	if g.asked.Load() != 0 {
		t.Error("it connected without")
	}
}

func TestSecretsGoOverTLSAlone(t *testing.T) {
	login := Login{Credentials: func(context.Context, Target) (string, string, error) { return "ada", secret, nil }}
	for location, want := range map[string]string{
		"postgres://db.example.com/x?sslmode=disable": "in the clear",
		"postgres://10.0.0.1/x?sslmode=disable":       "in the clear",
		"postgres://10.0.0.1/x?sslmode=prefer":        "in the clear",
		"postgres://10.0.0.1/x?sslmode=allow":         "in the clear",
	} {
		if err := tryOpen(t, location, login); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", location, err)
		}
	}
	for location, fine := range map[string]bool{
		"postgres://db.example.com/x?sslmode=disable": false, "postgres://ada:s3cr3t@10.0.0.1/x?sslmode=prefer": false,
		"postgres://10.0.0.1/x?sslmode=allow":                            false,
		"postgres://10.0.0.1/x?sslmode=disable&ashlar_plaintext=yes":     false,
		"postgres://localhost.example.com/x?sslmode=disable":             false,
		"postgres://10.0.0.1/x?sslmode=disable&ashlar_plaintext=allowed": true,
		"postgres://10.0.0.1/x?ashlar_plaintext=allowed&sslmode=disable": true,
		"postgres://127.0.0.1/x?sslmode=disable":                         true,
		"postgres://localhost/x?sslmode=disable":                         true,
		"postgres://[::1]/x?sslmode=disable":                             true,
		"postgres:///x?host=/run/postgresql&sslmode=disable":             true,
		"postgres://10.0.0.1/x?sslmode=require":                          true, "postgres://10.0.0.1/x": true,
	} {
		config, err := configurePostgres(location, Login{})
		if (err == nil) != fine || err != nil &&
			(!strings.Contains(err.Error(), "in the clear") || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%s without a login: %v", location, err)
		}
		ofURL := Login{OfURL: true, Credentials: login.Credentials}
		if _, err := configurePostgres(location, ofURL); (err == nil) != fine {
			t.Errorf("%s with its own password read again: %v", location, err)
		}
		if err == nil && config.RuntimeParams["ashlar_plaintext"] != "" {
			t.Errorf("%s: the server hears of the consent", location)
		}
	}
	for location, name := range map[string]string{
		"postgres://db.example.com/x":                     "db.example.com",
		"postgres://db.example.com/x?sslmode=verify-full": "db.example.com",
	} {
		config, err := configurePostgres(location, login)
		if err != nil || config.TLSConfig == nil || config.TLSConfig.InsecureSkipVerify ||
			config.TLSConfig.ServerName != name || len(config.Fallbacks) != 0 {
			t.Errorf("%s does not verify the server: %+v, %v", location, config, err)
		}
	}
}
