package effect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	black "github.com/ashlar-dev/ashlar/tests/ashlar"
)

// identity is a key with the certificate of an authority, or by one.
type identity struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	PEM  string
}

// issued makes a certificate; by nil it is an authority's own.
func issued(by *identity, c x509.Certificate) *identity {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // there is no randomness
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	out := &identity{key: key, cert: &c}
	if by == nil {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		by = out
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, by.cert, key.Public(), by.key)
	if err == nil {
		out.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		panic(err) // the template is wrong
	}
	out.PEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return out
}

// authorities are two CAs, the issuer's key and a caller of the first CA.
var authorities = sync.OnceValue(func() (out struct{ one, other, issuer, caller *identity }) {
	out.one = issued(nil, x509.Certificate{Subject: pkix.Name{CommonName: "one"}})
	out.other = issued(nil, x509.Certificate{Subject: pkix.Name{CommonName: "other"}})
	out.issuer = issued(nil, x509.Certificate{})
	out.caller = issued(out.one, x509.Certificate{URIs: []*url.URL{{Scheme: "spiffe", Host: "bank.example", Path: "/app"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return out
})

// discovered answers as an OpenID Connect issuer at /issuer and at /elsewhere.
func discovered(w http.ResponseWriter, r *http.Request) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name != "issuer" && name != "elsewhere" {
		return false
	}
	at := "http://" + r.Host + "/" + name
	var answer any = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: authorities().issuer.key.Public(), KeyID: "k"}}}
	if rest != "keys" {
		answer = map[string]string{"issuer": at, "jwks_uri": at + "/keys"}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
	return true
}

// byKey makes a key of the caller bank, and asks with it.
func byKey(requests ...request) probe {
	return func(l *lab) string {
		if out, code := l.run("up", "--build"); code != 0 {
			l.Fatalf("exit code %d: %s", code, out)
		}
		out, code := l.run("access", "key", "create", "bank", "--endpoint", "scoring", "--output", "json")
		var made struct{ Key string }
		if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 {
			l.Fatalf("exit code %d, %v: %s", code, err, out)
		}
		with := slices.Clone(requests)
		for i := range with {
			with[i].authorization = "Bearer " + made.Key
		}
		return answers(with...)(l)
	}
}

// byToken asks with a token of the double's issuer, and tells which callers are counted.
func byToken(l *lab) string {
	text := l.read("base.cue")
	at := text[strings.Index(text, "http://127.0.0.1"):]
	at = at[:strings.IndexByte(at, '"')]
	issuer := at[:strings.LastIndexByte(at, '/')] + "/issuer"
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: authorities().issuer.key},
		(&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		l.Fatal(err)
	}
	claims, _ := json.Marshal(map[string]any{"iss": issuer, "aud": "scores", "sub": "bank", "client": "app", "team": "lending",
		"exp": time.Now().Add(time.Hour).Unix()}) //nolint:errcheck // texts and a number
	signed, err := s.Sign(claims)
	if err != nil {
		l.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		l.Fatal(err)
	}
	asked := predict(row)
	asked.authorization, asked.after = "Bearer "+token, time.Second // the issuer is found by then
	var seen []string
	for line := range strings.Lines(answers(asked, get("/metrics"))(l)) {
		if strings.HasPrefix(line, "model_caller") || strings.HasPrefix(line, "POST") || strings.Contains(line, "error") &&
			strings.HasPrefix(line, "{") {
			seen = append(seen, line)
		}
	}
	return strings.Join(seen, "")
}

// byCertificate asks over TLS, with the caller's certificate.
func byCertificate(l *lab) string {
	server := issued(authorities().one, x509.Certificate{DNSNames: []string{"localhost"}})
	der, err := x509.MarshalPKCS8PrivateKey(server.key)
	if err != nil {
		l.Fatal(err)
	}
	l.write("tls/tls.crt", server.PEM)
	l.write("tls/tls.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	l.write("tls/ca.crt", authorities().one.PEM)
	in := func(name string) string { return filepath.Join(l.dir, "tls", name) }
	args := []string{"--tls-cert", in("tls.crt"), "--tls-key", in("tls.key")}
	if !strings.Contains(l.read("base.cue"), "ca:") {
		args = append(args, "--client-ca", in("ca.crt"))
	}
	p, err := black.Up(ashlar, l.dir, args...)
	if err != nil {
		l.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			l.Error(err)
		}
	}()
	who := authorities().caller
	asked := predict(row)
	asked.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // whose server it is is not asked here
		Certificates:       []tls.Certificate{{Certificate: [][]byte{who.cert.Raw}, PrivateKey: who.key}}}}}
	return scrub(asked.send(l, p.URL))
}

func accessEntries() []entry {
	open := func(access string) []string {
		return []string{`access: public: true`, `access: {` + access + "}"}
	}
	const jwt = `jwt: {issuer: "` + doubleURL + `/issuer", audience: "scores"}`
	again := predict(row)
	again.after = 100 * time.Millisecond
	twice := byKey(predict(row), again)
	ca := func(i *identity) string { return "ca: \"\"\"\n" + i.PEM + "\n\"\"\"\n" }
	out := []entry{
		{field: "#Access.public", with: open(`keys: {}`), change: []string{`keys: {}`, `public: true`},
			seen: answers(predict(row))},
		{field: "#Access.keys.max_age", with: open(`keys: max_age: "90d"`), change: []string{`"90d"`, `"1s"`},
			seen: byKey(request{method: "GET", path: "/health", after: 1100 * time.Millisecond}, predict(row))},
		{field: "#Access.jwt.issuer", with: open(jwt), change: []string{`/issuer`, `/elsewhere`}, seen: byToken},
		{field: "#Access.jwt.audience", with: open(jwt), change: []string{`"scores"`, `"others"`}, seen: byToken},
		{field: "#Access.jwt.claims", with: open(jwt), change: []string{`"scores"`, `"scores", claims: team: "sales"`},
			seen: byToken},
		{field: "#Access.jwt.caller", with: open(jwt), change: []string{`"scores"`, `"scores", caller: "client"`},
			seen: byToken},
		{field: "#Access.mtls.ca", with: open("mtls: {" + ca(authorities().one) + "}"),
			change: []string{ca(authorities().one), ca(authorities().other)}, seen: byCertificate},
		{field: "#Access.mtls.secret", with: open(`mtls: secret: "one-tls"`), change: []string{`"one-tls"`, `"other-tls"`},
			seen: manifests(anywhere())},
		{field: "#Access.mtls.trust_domain", with: open(`mtls: trust_domain: "bank.example"`),
			change: []string{`"bank.example"`, `"other.example"`}, seen: byCertificate},
		{field: "#Access.mtls.ids", with: open(`mtls: ids: ["spiffe://bank.example/*"]`),
			change: []string{`bank.example/*`, `bank.example/x`}, seen: byCertificate},
	}
	for field, values := range map[string][3]string{
		"rate.requests_per_second": {`rate: {requests_per_second: 1000, burst: 1}`, `1000`, `0.001`},
		"rate.burst":               {`rate: {requests_per_second: 0.001, burst: 2}`, `burst: 2`, `burst: 1`},
		"quota.requests":           {`quota: requests: 2`, `2`, `1`},
		"quota.per":                {`quota: {requests: 1, per: "day"}`, `"day"`, `"hour"`},
	} {
		text := values[0]
		changed := strings.Replace(text, values[1], values[2], 1)
		out = append(out,
			entry{field: "#Allowance." + field, with: open("keys: {}, " + text), change: []string{text, changed}, seen: twice},
			entry{field: "#Allowance." + field, with: open("keys: {}, callers: bank: {" + text + "}"),
				change: []string{text, changed}, seen: twice})
	}
	return out
}
