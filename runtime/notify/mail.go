package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// mailer sends one mail to all addresses.
type mailer struct {
	host     string
	port     int
	implicit bool // TLS from the first byte, not by STARTTLS
	user     string
	password string
	from     string
	to       []string
	tls      *tls.Config
	network  outbound.Config
}

// newMailer reads the server's URL, with the ports of RFC 8314 as defaults, 465
// for TLS from the first byte and 587 for STARTTLS. Errors never repeat the URL,
// which has the password. The mailer is returned beside an error so that New can
// collect all problems.
func newMailer(cfg Config) (*mailer, error) {
	m := &mailer{from: cfg.From, to: cfg.Email, tls: cfg.TLS, network: cfg.Network}
	if cfg.SMTP == "" {
		return m, errors.New("ASHLAR_SMTP_URL is not set, so no email can be sent: name a server such as smtps://user:password@mail.example.com:465")
	}
	u, err := url.Parse(cfg.SMTP)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		// What does not parse may hold a password, so it is not shown.
		return m, errors.New("ASHLAR_SMTP_URL is not a URL such as smtps://user:password@mail.example.com:465")
	}
	m.host, m.implicit, m.port = u.Hostname(), u.Scheme == "smtps", 587
	if m.implicit {
		m.port = 465
	}
	if text := u.Port(); text != "" {
		if m.port, err = strconv.Atoi(text); err != nil {
			return m, fmt.Errorf("ASHLAR_SMTP_URL: port %q", text)
		}
	}
	if u.User != nil {
		m.user = u.User.Username()
		m.password, _ = u.User.Password()
	}
	if m.from == "" {
		m.from = m.user
	}
	var problems []error
	if _, err := mail.ParseAddress(m.from); err != nil {
		problems = append(problems, errors.New("ASHLAR_SMTP_FROM is not a valid email address; set it to the sender's address"))
	}
	for _, to := range m.to {
		if _, err := mail.ParseAddress(to); err != nil {
			problems = append(problems, fmt.Errorf("%q is not a valid email address", to))
		}
	}
	return m, errors.Join(problems...)
}

// client returns a client for one connection. TLS 1.2 is the least, certificates
// are verified for the host of the URL, and STARTTLS is mandatory: without it the
// password and the message would go in the clear.
func (m *mailer) client() (*gomail.Client, error) {
	cfg := m.tls.Clone()
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg.ServerName = m.host
	opts := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(20 * time.Second), gomail.WithTLSConfig(cfg), gomail.WithoutNoop(),
	}
	if m.implicit {
		// The connection is one of TLS when the library gets it. Of a policy it only
		// takes that such a one may carry a password.
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithDialContextFunc(m.secure(cfg)))
	} else {
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(m.dial))
	}
	if m.user != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.user),
			gomail.WithPassword(m.password))
	}
	return gomail.NewClient(m.host, opts...)
}

// dial dials the server by the rules of package outbound. The library's address
// is not looked at: it writes IPv6 without brackets.
func (m *mailer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return m.network.DialContext(ctx, network, net.JoinHostPort(m.host, strconv.Itoa(m.port)))
}

// secure dials and speaks TLS from the first byte.
// The library would dial TLS itself and not by the rules of package outbound.
func (m *mailer) secure(cfg *tls.Config) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := m.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := tls.Client(plain, cfg)
		if err := c.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, plain.Close())
		}
		return c, nil
	}
}

// send builds the message and delivers it once. Whether another try makes sense is
// told by the server's reply code: 4xx is temporary and 5xx is final (RFC 5321,
// 4.2.1). A certificate that does not verify and a forbidden address are final
// too; anything else, such as a connection that breaks, is worth a try.
func (m *mailer) send(ctx context.Context, f Failure) error {
	msg := gomail.NewMsg()
	err := errors.Join(msg.From(m.from), msg.To(m.to...))
	if err != nil {
		return fmt.Errorf("e-mail: %w", err)
	}
	msg.Subject(f.subject())
	msg.SetDateWithValue(f.At)
	// A new id for each try: a server that took the first without saying so then
	// delivers two mails, which is better than none.
	msg.SetMessageID()
	msg.SetBodyString(gomail.TypeTextPlain, f.text())
	client, err := m.client()
	if err != nil {
		return fmt.Errorf("e-mail by %s: %w", m.host, err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("e-mail by %s: %w", m.host, err)
	var refused *gomail.SendError
	var answer *textproto.Error
	switch {
	case errors.As(err, &answer) && answer.Code >= 500:
		return wrapped
	case errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500:
		return wrapped
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(*outbound.RefusedError)):
		return wrapped
	}
	return temporaryError{error: wrapped}
}
