package outbound_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// network resolves every name to its addresses and counts what is dialled; it
// reaches the loopback alone.
type network struct {
	names map[string][]string
	dials atomic.Int64
	last  atomic.Value
}

func (n *network) config() outbound.Config {
	return outbound.Config{
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, a := range n.names[host] {
				out = append(out, netip.MustParseAddr(a))
			}
			return out, nil
		},
		Dial: func(ctx context.Context, kind, address string) (net.Conn, error) {
			n.dials.Add(1)
			n.last.Store(address)
			if !strings.HasPrefix(address, "127.0.0.1:") {
				return nil, errors.New("this test reaches the loopback alone")
			}
			var d net.Dialer
			return d.DialContext(ctx, kind, address)
		},
	}
}

func TestNothingIsSentToMetadataAddresses(t *testing.T) {
	n := &network{names: map[string][]string{
		"rebound.example": {"169.254.169.254"}, "both.example": {"192.0.2.1", "fe80::1"},
		"six.example": {"fd00:ec2::254"}, "localhost": {"192.0.2.7"},
		"mapped.example": {"::ffff:169.254.169.254"},
	}}
	client := outbound.Client(n.config())
	for _, host := range []string{
		"169.254.169.254", "169.254.0.1", "[fe80::1]", "[fe80::1%25eth0]", "[fd00:ec2::254]", "[fd00:ec2::23]",
		"100.100.100.200", "168.63.129.16", "192.0.0.192", "[fd20:ce::254]",
		"[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]",
		"[2002:a9fe:a9fe::1]", "[2001::5601:5601]", "[::169.254.169.254]",
		"2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662",
		"169.254.169.254.", "1.2.3.4.5",
		"metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data",
		"rebound.example", "both.example", "six.example", "localhost", "mapped.example",
	} {
		answer, err := client.Get("http://" + host + "/latest/meta-data/")
		if err == nil {
			answer.Body.Close()
			t.Errorf("%s was asked", host)
		}
		if err := n.config().Check(t.Context(), "http://"+host+":80"); err == nil {
			t.Errorf("%s passes the check", host)
		}
	}
	if d := n.dials.Load(); d > 0 {
		t.Errorf("%d connections were tried, the last to %s", d, n.last.Load())
	}
}

func TestPrivateAddressesAreFine(t *testing.T) {
	n := &network{names: map[string][]string{"mlflow.internal": {"10.0.0.1"}, "localhost": {"127.0.0.1", "::1"},
		"0x.example": {"192.0.2.1"}, "1password.example": {"192.0.2.1"}}}
	for _, host := range []string{"10.1.2.3", "192.168.1.1", "172.16.0.1", "127.0.0.1", "[::1]", "[fd12::1]", "8.8.8.8",
		"[2001:db8::1]", "[2002:0a00:0001::1]", "100.100.100.201", "mlflow.internal", "localhost",
		"0x.example", "1password.example"} {
		if err := n.config().Check(t.Context(), "https://"+host+"/x"); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// site answers, and redirects where it is told to.
func site(t *testing.T, asked *atomic.Int64, to func() string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, to(), http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRedirectsStayWithTheirHost(t *testing.T) {
	var here, there atomic.Int64
	other := site(t, &there, func() string { return "/" })
	target := ""
	s := site(t, &here, func() string { return target })
	client := outbound.Client(outbound.Config{})
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for to, fine := range map[string]bool{
		"/here": true, s.URL + "/here": true, other.URL + "/": false, "http://localhost:" + u.Port() + "/": false,
		"https://" + u.Host + "/":        false,
		"http://169.254.169.254/latest/": false, s.URL + "/away": false,
	} {
		target = to
		answer, err := client.Post(s.URL+"/away", "text/plain", strings.NewReader("secret"))
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		if (err == nil) != fine {
			t.Errorf("a redirect to %s: %v", to, err)
		}
	}
	if there.Load() > 0 {
		t.Error("another host heard of it")
	}
}

func TestTokensTravelOverTLSOrNotAtAll(t *testing.T) {
	var asked atomic.Int64
	s := site(t, &asked, func() string { return "/" })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	n := &network{names: map[string][]string{"tracker.example": {"127.0.0.1"}, "localhost": {"127.0.0.1"}}}
	client := outbound.Client(n.config())
	for _, c := range []struct {
		url, header string
		fine        bool
	}{
		{"http://tracker.example:" + port, "", true}, {"http://tracker.example:" + port, "Authorization", false},
		{"http://tracker.example:" + port, "Cookie", false},
		{"http://user:password@tracker.example:" + port, "", false},
		{"http://localhost:" + port, "Authorization", true}, {"http://127.0.0.1:" + port, "Authorization", true},
	} {
		asked.Store(0)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.header != "" {
			r.Header.Set(c.header, "canary")
		}
		answer, err := client.Do(r)
		if err == nil {
			answer.Body.Close()
		}
		if (err == nil) != c.fine || (asked.Load() > 0) != c.fine {
			t.Errorf("%s with %q: %v, %d requests", c.url, c.header, err, asked.Load())
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the token is told: %v", err)
		}
	}
}

func FuzzLiteralHosts(f *testing.F) {
	for _, host := range []string{"169.254.169.254", "0xa9fea9fe", "[::ffff:169.254.169.254]", "metadata",
		"localhost", "2002:a9fe:a9fe::"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return
		}
		if v4 := ip.Unmap(); v4.IsLinkLocalUnicast() && outbound.Refused(ip) == nil {
			t.Errorf("%s is not refused", host)
		}
	})
}

func TestAnswersThatDoNotEndAreCutOff(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 1<<20); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	answer, err := outbound.Client(outbound.Config{}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if n != 64<<20 || err == nil || !strings.Contains(err.Error(), "more than 64 MiB") {
		t.Errorf("%d bytes, %v", n, err)
	}
}
