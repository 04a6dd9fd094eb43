package serve_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

func TestOnlyRequestsForThisMachineAreAnswered(t *testing.T) {
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	second := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 8080}
	everywhere := &net.TCPAddr{IP: net.IPv6unspecified, Port: 8080}
	network := &net.TCPAddr{IP: net.IPv4(192, 168, 1, 5), Port: 8080}
	for _, c := range []struct {
		listening net.Addr
		host      string
		want      int
	}{
		{loopback, "127.0.0.1:8080", 204}, {loopback, "localhost:8080", 204}, {loopback, "LocalHost.", 204},
		{loopback, "[::1]:8080", 204},
		{loopback, "[::ffff:127.0.0.1]", 204}, {loopback, "ashlar.localhost", 204}, {loopback, "127.3.2.1", 204},
		{second, "127.0.0.2:8080", 204},
		{loopback, "laptop.example:8080", 204}, {loopback, "LAPTOP.example.:1", 204},
		{loopback, "attacker.example:8080", 421}, {loopback, "localhost.attacker.example", 421},
		{loopback, "127.0.0.1.nip.io:8080", 421},
		{loopback, "notlocalhost", 421}, {loopback, "", 421}, {loopback, "192.168.1.5:8080", 421},
		{loopback, "0x7f.1", 421}, {loopback, "2130706433", 421},
		{loopback, "127.0.0.1@attacker.example", 421}, {loopback, "attacker.example#localhost", 421},
		{loopback, "[localhost", 204},
		{everywhere, "192.168.1.5:8080", 204}, {everywhere, "attacker.example", 421}, {everywhere, "localhost", 204},
		{network, "192.168.1.5:8080", 204}, {network, "10.0.0.1", 204}, {network, "attacker.example", 421},
		{network, "laptop.example", 204},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		serve.Local(fine, c.listening, "laptop.example").ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("Host %q at %s is answered %d, want %d", c.host, c.listening, w.Code, c.want)
		}
		if c.want == http.StatusMisdirectedRequest {
			if p := refused(t, w, c.want); p.Code != "misdirected" || !strings.Contains(p.Message, "--host") {
				t.Errorf("%+v", p)
			}
		}
	}
}

func TestPagesFromElsewherePredictNothing(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	site := serve.Local(s.Handler(), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
	for _, c := range []struct {
		header, value string
		want          int
	}{
		{"", "", 200}, {"Origin", "http://127.0.0.1:8080", 200}, {"Sec-Fetch-Site", "same-origin", 200},
		{"Sec-Fetch-Site", "none", 200},
		{"Origin", "http://attacker.example", 403}, {"Origin", "null", 403}, {"Origin", "http://127.0.0.1:9090", 403},
		{"Origin", "http://localhost:8080", 403},
		{"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/predict", strings.NewReader(positional))
		r.Header.Set("Content-Type", "application/json")
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s is answered %d, want %d", c.header, c.value, w.Code, c.want)
		}
		if c.want == 403 {
			if p := refused(t, w, c.want); p.Code != "cross_origin" || w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%+v %v", p, w.Header())
			}
		}
	}
}

func TestNamesForHostsAreNames(t *testing.T) {
	for name, fine := range map[string]bool{"laptop.example": true, "laptop": true, "": false, "http://x": false,
		"x:80": false, "*": false, "a b": false, "x/y": false, strings.Repeat("a", 254): false} {
		if err := serve.CheckHost(name); (err == nil) != fine {
			t.Errorf("%q: %v", name, err)
		}
	}
}
