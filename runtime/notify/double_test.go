package notify

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// mailServer is an SMTP server that keeps what it takes and misbehaves on
// demand.
type mailServer struct {
	t        *testing.T
	tls      *tls.Config
	implicit bool
	address  string
	pool     *x509.CertPool

	mu     sync.Mutex
	mails  []string
	logins []string
	// fail are answers, one a connection, that replace the one to a
	// command: "RCPT 451 later", "DATA close".
	fail []string
}

func newMailServer(t *testing.T, implicit bool) *mailServer {
	t.Helper()
	borrowed := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(borrowed.Close)
	pool := x509.NewCertPool()
	pool.AddCert(borrowed.Certificate())
	s := &mailServer{t: t, implicit: implicit, pool: pool,
		tls: &tls.Config{Certificates: borrowed.TLS.Certificates, MinVersion: tls.VersionTLS12}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, s.tls)
	}
	s.address = l.Addr().String()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

// trust is a client's configuration that knows the server's certificate.
func (s *mailServer) trust() *tls.Config {
	return &tls.Config{RootCAs: s.pool, MinVersion: tls.VersionTLS12}
}

func (s *mailServer) url(user string) string {
	scheme := "smtp"
	if s.implicit {
		scheme = "smtps"
	}
	return fmt.Sprintf("%s://%s%s", scheme, user, s.address)
}

// next takes the failure of this connection.
func (s *mailServer) next() (command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fail) == 0 {
		return "", ""
	}
	command, answer, _ = strings.Cut(s.fail[0], " ")
	s.fail = s.fail[1:]
	return command, answer
}

func (s *mailServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	failing, answer := s.next()
	r := bufio.NewReader(c)
	say := func(text string) { _, _ = fmt.Fprintf(c, "%s\r\n", text) }
	say("220 double")
	_, secure := c.(*tls.Conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if verb == failing {
			if answer == "close" {
				return
			}
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			if !secure {
				say("250-double\r\n250 STARTTLS")
				continue
			}
			say("250-double\r\n250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, s.tls)
			r, secure = bufio.NewReader(c), true
		case "AUTH":
			b, _ := base64.StdEncoding.DecodeString(line[strings.LastIndex(line, " ")+1:])
			s.mu.Lock()
			s.logins = append(s.logins, string(b))
			s.mu.Unlock()
			say("235 fine")
		case "DATA":
			say("354 go on")
			if !s.take(r) {
				return
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// take reads a mail and keeps it; false where the client has gone.
func (s *mailServer) take(r *bufio.Reader) bool {
	var mail strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		mail.WriteString(line)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, mail.String())
	return true
}
