package notify

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// leading is a network whose names all lead to the address, and whose
// connections all lead to the server; dialled counts them.
func leading(address, server string, dialled *int) outbound.Config {
	return outbound.Config{
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr(address)}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			*dialled++
			if server == "" {
				return nil, errors.New("this test reaches nothing")
			}
			var d net.Dialer
			return d.DialContext(ctx, network, server)
		},
	}
}

func TestMailIsNotSentToMetadataAddresses(t *testing.T) {
	for _, c := range []struct{ host, leads string }{
		{"169.254.169.254", "192.0.2.1"}, {"[fd00:ec2::254]", "192.0.2.1"}, {"2852039166", "192.0.2.1"},
		{"metadata.google.internal", "192.0.2.1"},
		{"mail.example.com", "169.254.169.254"}, {"mail.example.com", "fe80::1"}, {"localhost", "192.0.2.1"},
	} {
		for _, scheme := range []string{"smtp", "smtps"} {
			dialled := 0
			n := quick(t, Config{
				Email: []string{"oncall@example.com"}, From: "ashlar@example.com", SMTP: scheme +
					"://ada:s3cret@" + c.host,
				Network: leading(c.leads, "", &dialled),
			})
			err := n.Failed(t.Context(), failure)
			if !errors.As(err, new(*outbound.RefusedError)) || dialled > 0 || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s://%s, which leads to %s: %v, %d connections", scheme, c.host, c.leads, err, dialled)
			}
		}
	}
}

func TestMailIsSentToPrivateAddresses(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		s := newMailServer(t, implicit)
		dialled := 0
		trust := s.trust()
		n := quick(t, Config{
			Email: []string{"oncall@example.com"}, From: "ashlar@example.com",
			SMTP: strings.Replace(s.url("ada:s3cret@"), "127.0.0.1", "example.com", 1), TLS: trust,
			Network: leading("10.0.0.25", s.address, &dialled),
		})
		if err := n.Failed(t.Context(), failure); err != nil || dialled != 1 ||
			len(s.mails) != 1 || len(s.logins) != 1 {
			t.Errorf("%v; %d connections, %d mails, %d logins", err, dialled, len(s.mails), len(s.logins))
		}
	}
}
