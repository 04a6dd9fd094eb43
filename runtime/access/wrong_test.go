package access

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// wrongCase is a request that must not be admitted.
type wrongCase struct {
	header []string
	status int
	code   string // "": any
}

func wrong(secret string) wrongCase { return wrongCase{bearer(secret), 401, ""} }

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// unsigned is a token with the header as it is, and a signature of the caller's choice.
func unsigned(p *provider, header, signature string, change map[string]any) string {
	body, _ := json.Marshal(p.claims(change)) //nolint:errcheck // claims of the test
	return b64(header) + "." + b64(string(body)) + "." + signature
}

// wrongClaims are rightly signed tokens that say something wrong.
func wrongClaims(t *testing.T, p *provider) map[string]wrongCase {
	out := map[string]wrongCase{}
	for name, change := range map[string]map[string]any{
		"expired":                 {"exp": noon.Add(-time.Hour).Unix()},
		"expired beyond the skew": {"exp": noon.Add(-skew - time.Second).Unix()},
		"expired at the skew":     {"exp": noon.Add(-skew).Unix()},
		"no expiry":               {"exp": nil},
		"expiry is a text":        {"exp": "tomorrow"},
		"expiry is negative":      {"exp": -1},
		"expiry is an object":     {"exp": map[string]any{}},
		"expiry is zero":          {"exp": 0},
		"not valid yet":           {"nbf": noon.Add(time.Hour).Unix()},
		"not valid for the skew":  {"nbf": noon.Add(skew + 2*time.Second).Unix()},
		"nbf is a text":           {"nbf": "yesterday"},
		"nbf is out of bounds":    {"nbf": 1e300},
		"issued in the future":    {"iat": noon.Add(time.Hour).Unix()},
		"iat is a list":           {"iat": []int{1}},
		"another audience":        {"aud": "billing-api"},
		"a longer audience":       {"aud": "scoring-api2"},
		"a shorter audience":      {"aud": "scoring"},
		"audience in capitals":    {"aud": "SCORING-API"},
		"other audiences":         {"aud": []string{"a", "b"}},
		"no audience":             {"aud": nil},
		"an empty audience":       {"aud": ""},
		"no audiences":            {"aud": []string{}},
		"audience is a number":    {"aud": 7},
		"audience is an object":   {"aud": map[string]any{"scoring-api": true}},
		"another issuer":          {"iss": "https://attacker.example"},
		"issuer with a slash":     {"iss": p.URL + "/"},
		"issuer with a path":      {"iss": p.URL + "/x"},
		"no issuer":               {"iss": nil},
		"issuer is a list":        {"iss": []string{p.URL}},
		"an empty issuer":         {"iss": ""},
		"no caller":               {"sub": nil},
		"an empty caller":         {"sub": ""},
		"caller is a number":      {"sub": 7},
		"caller is a list":        {"sub": []string{"bank"}},
		"caller is invisible":     {"sub": "ba\u200bnk"},
		"caller with a new line":  {"sub": "bank\nadmin"},
		"caller with a NUL":       {"sub": "bank\x00"},
		"caller is giant":         {"sub": strings.Repeat("b", 201)},
		"caller is the server":    {"sub": ownName},
	} {
		out["claims: "+name] = wrong(p.token(t, change))
	}
	for name, change := range map[string]map[string]any{
		"no claim": {"team": nil}, "another claim": {"team": "sales"}, "a claim in capitals": {"team": "Lending"},
		"a claim in a longer text": {"team": "lending sales"}, "a claim as a number": {"team": 1},
		"a list without the claim": {"team": []string{"sales"}}, "a claim in an object": {"team": map[string]any{"lending": 1}},
		"a claim that is true": {"team": true}, "a null claim": {"team": json.RawMessage("null")},
	} {
		out["claims: "+name] = wrongCase{bearer(p.token(t, change)), 403, "missing_claim"}
	}
	return out
}

// wrongSignatures are tokens that the issuer has not signed.
func wrongSignatures(t *testing.T, p *provider) map[string]wrongCase {
	strange, _ := rsa.GenerateKey(rand.Reader, 2048)            //nolint:errcheck // fails never
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) //nolint:errcheck // fails never
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)           //nolint:errcheck // fails never
	der, _ := x509.MarshalPKIXPublicKey(p.rsa.Public())         //nolint:errcheck // a key of the test
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	parts := strings.Split(p.token(t, nil), ".")
	jwk, _ := json.Marshal(jose.JSONWebKey{Key: strange.Public(), KeyID: "rsa"}) //nolint:errcheck // a key of the test
	out := map[string]wrongCase{
		"alg none":                   wrong(unsigned(p, `{"alg":"none"}`, "", nil)),
		"alg None":                   wrong(unsigned(p, `{"alg":"None","typ":"JWT"}`, "", nil)),
		"alg NONE and a signature":   wrong(unsigned(p, `{"alg":"NONE"}`, parts[2], nil)),
		"no alg":                     wrong(unsigned(p, `{"kid":"rsa"}`, parts[2], nil)),
		"an empty alg":               wrong(unsigned(p, `{"alg":"","kid":"rsa"}`, parts[2], nil)),
		"alg is a list":              wrong(unsigned(p, `{"alg":["RS256"],"kid":"rsa"}`, parts[2], nil)),
		"HS256 with the public PEM":  wrong(sign(t, jose.HS256, "rsa", public, p.claims(nil))),
		"HS256 with the public DER":  wrong(sign(t, jose.HS256, "rsa", der, p.claims(nil))),
		"HS256 with the modulus":     wrong(sign(t, jose.HS256, "rsa", p.rsa.N.Bytes(), p.claims(nil))),
		"HS512 with the public PEM":  wrong(sign(t, jose.HS512, "rsa", public, p.claims(nil))),
		"HS256 with a guess":         wrong(sign(t, jose.HS256, "", []byte("secretsecretsecretsecretsecret12"), p.claims(nil))),
		"a strange key of the name":  wrong(sign(t, jose.RS256, "rsa", strange, p.claims(nil))),
		"a strange key, unnamed":     wrong(sign(t, jose.RS256, "", strange, p.claims(nil))),
		"an unknown key":             wrong(sign(t, jose.RS256, "other", strange, p.claims(nil))),
		"an unknown key's long name": wrong(sign(t, jose.RS256, strings.Repeat("k", 2000), strange, p.claims(nil))),
		"the right key, wrong name":  wrong(sign(t, jose.RS256, "ec", p.rsa, p.claims(nil))),
		"a key of another kind":      wrong(sign(t, jose.ES256, "rsa", p.ec, p.claims(nil))),
		"a strange curve":            wrong(sign(t, jose.ES256, "ec", curve, p.claims(nil))),
		"a strange Edwards curve":    wrong(sign(t, jose.EdDSA, "ed", edwards, p.claims(nil))),
		"another hash said":          wrong(unsigned(p, `{"alg":"RS512","kid":"rsa"}`, parts[2], nil)),
		"PS256 said":                 wrong(unsigned(p, `{"alg":"PS256","kid":"rsa"}`, parts[2], nil)),
		"its own key in the header":  wrong(unsigned(p, `{"alg":"RS256","jwk":`+string(jwk)+`}`, parts[2], nil)),
		"keys from elsewhere":        wrong(unsigned(p, `{"alg":"RS256","kid":"rsa","jku":"http://127.0.0.1:1/"}`, parts[2], nil)),
		"a certificate elsewhere":    wrong(unsigned(p, `{"alg":"RS256","x5u":"http://127.0.0.1:1/"}`, parts[2], nil)),
		"a critical extension":       wrong(unsigned(p, `{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}`, parts[2], nil)),
		"b64 false":                  wrong(unsigned(p, `{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}`, parts[2], nil)),
		"kid is a path":              wrong(unsigned(p, `{"alg":"RS256","kid":"../../../dev/null"}`, parts[2], nil)),
		"kid is SQL":                 wrong(unsigned(p, `{"alg":"RS256","kid":"' OR 1=1 --"}`, parts[2], nil)),
	}
	maps.Copy(out, wrongForms(t, p))
	return out
}

// wrongForms are tokens that are cut, put together or written in another way.
func wrongForms(t *testing.T, p *provider) map[string]wrongCase {
	right := p.token(t, nil)
	parts := strings.Split(right, ".")
	swapped := strings.Split(p.token(t, map[string]any{"sub": "admin"}), ".")
	flipped := []byte(parts[2])
	flipped[10] ^= 1
	many := slices.Repeat([]string{parts[0]}, 500)
	return map[string]wrongCase{
		"the claims of another":    wrong(parts[0] + "." + swapped[1] + "." + parts[2]),
		"the signature of another": wrong(parts[0] + "." + parts[1] + "." + swapped[2]),
		"a flipped bit":            wrong(parts[0] + "." + parts[1] + "." + string(flipped)),
		"no signature":             wrong(parts[0] + "." + parts[1] + "."),
		"a zero signature":         wrong(parts[0] + "." + parts[1] + "." + b64(string(make([]byte, 256)))),
		"a short signature":        wrong(parts[0] + "." + parts[1] + "." + parts[2][:40]),
		"truncated by a letter":    wrong(right[:len(right)-4]),
		"truncated by half":        wrong(right[:len(right)/2]),
		"no header":                wrong("." + parts[1] + "." + parts[2]),
		"no claims":                wrong(parts[0] + ".." + parts[2]),
		"two parts":                wrong(parts[0] + "." + parts[1]),
		"four parts":               wrong(right + "." + parts[2]),
		"an encrypted one's parts": wrong(strings.Join([]string{parts[0], parts[1], parts[2], "a", "b"}, ".")),
		"many parts":               wrong(strings.Join(many, ".")),
		"dots":                     wrong(strings.Repeat(".", 5000)),
		"two dots":                 wrong(".."),
		"JSON serialization":       wrong(`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`),
		"padded":                   wrong(right + "=="),
		"with a space":             wrong(parts[0] + ". " + parts[1] + "." + parts[2]),
		"twice":                    wrong(right + right),
		"giant":                    wrong(right + strings.Repeat("A", 20000)),
		"not UTF-8":                wrong(parts[0] + ".\xff\xfe." + parts[2]),
		"a NUL":                    wrong(right + "\x00"),
		"claims are a list":        wrong(sign(t, jose.RS256, "rsa", p.rsa, json.RawMessage(`[1]`))),
		"claims are not JSON":      wrong(sign(t, jose.RS256, "rsa", p.rsa, json.RawMessage(`{"iss"`))),
		"claims are nothing":       wrong(sign(t, jose.RS256, "rsa", p.rsa, json.RawMessage(`null`))),
		"claims are deep": wrong(sign(t, jose.RS256, "rsa", p.rsa,
			json.RawMessage(strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)))),
	}
}

// wrongKeys are API keys that open nothing.
func wrongKeys(keys *kept) map[string]wrongCase {
	right := keys.add("clerk")
	never, _ := NewKey()
	mixed := right[:len(keyPrefix)+idLength] + never[len(keyPrefix)+idLength:]
	revoked := keys.add("former", func(k *registry.AccessKey) { k.RevokedAt = noon.Add(-time.Minute) })
	expired := keys.add("late", func(k *registry.AccessKey) { k.ExpiresAt = noon.Add(-time.Second) })
	ending := keys.add("ending", func(k *registry.AccessKey) { k.ExpiresAt = noon })
	old := keys.add("old", func(k *registry.AccessKey) { k.CreatedAt = noon.AddDate(0, 0, -91) })
	elsewhere := keys.add("elsewhere", func(k *registry.AccessKey) { k.Endpoints = []string{"scoring2", "scor"} })
	broken := keys.add("broken", func(k *registry.AccessKey) { k.Digest = "zz" })
	return map[string]wrongCase{
		"key: never made":            {bearer(never), 401, "invalid_key"},
		"key: of a known id":         {bearer(mixed), 401, "invalid_key"},
		"key: in capitals":           {bearer("ashlar_" + strings.ToUpper(right[7:])), 401, "invalid_key"},
		"key: truncated":             {bearer(right[:len(right)-1]), 401, "invalid_key"},
		"key: longer":                {bearer(right + "a"), 401, "invalid_key"},
		"key: its id alone":          {bearer(right[:len(keyPrefix)+idLength]), 401, "invalid_key"},
		"key: another separator":     {bearer(strings.Replace(right[7:], "_", "-", 1)), 401, ""},
		"key: the prefix alone":      {bearer(keyPrefix), 401, "invalid_key"},
		"key: zeros":                 {bearer(keyPrefix + strings.Repeat("a", idLength) + "_" + strings.Repeat("a", 52)), 401, "invalid_key"},
		"key: its digest":            {bearer(keyPrefix + keys.keys[0].ID + "_" + keys.keys[0].Digest[:52]), 401, "invalid_key"},
		"key: a digest that is none": {bearer(broken), 401, "invalid_key"},
		"key: revoked":               {bearer(revoked), 401, "revoked_key"},
		"key: expired":               {bearer(expired), 401, "expired_key"},
		"key: expiring now":          {bearer(ending), 401, "expired_key"},
		"key: older than allowed":    {bearer(old), 401, "expired_key"},
		"key: wrong scope":           {bearer(elsewhere), 403, "wrong_endpoint"},
		"header: key twice":          {append(bearer(right), bearer(right)...), 401, "ambiguous_credentials"},
		"header: key in both":        {append(bearer(right), "X-Api-Key", right), 401, "ambiguous_credentials"},
		"header: X-API-Key twice":    {[]string{"X-Api-Key", right, "X-Api-Key", right}, 401, "ambiguous_credentials"},
		"header: two in one":         {bearer(right + "," + right), 401, "invalid_key"},
		"header: Basic":              {[]string{"Authorization", "Basic " + right}, 401, "invalid_credentials"},
		"header: no scheme":          {[]string{"Authorization", right}, 401, "invalid_credentials"},
		"header: an empty scheme":    {[]string{"Authorization", " " + right}, 401, "invalid_credentials"},
		"header: Bearer alone":       {[]string{"Authorization", "Bearer"}, 401, "invalid_credentials"},
		"header: Bearer nothing":     {bearer("   "), 401, "invalid_credentials"},
		"header: empty":              {[]string{"Authorization", ""}, 401, "invalid_credentials"},
		"header: empty X-API-Key":    {[]string{"X-Api-Key", ""}, 401, "invalid_credentials"},
		"header: none":               {nil, 401, "no_credentials"},
		"header: a cookie":           {[]string{"Cookie", "token=" + right}, 401, "no_credentials"},
		"header: giant":              {bearer(strings.Repeat("a", 30000)), 401, "invalid_credentials"},
		"header: not UTF-8":          {bearer("\xff\xfe\xfd"), 401, ""},
		"header: a guess of ours":    {bearer(ownPrefix + "x"), 401, ""},
		"header: a word":             {bearer("admin"), 401, ""},
	}
}

// TestAHundredWrongCredentialsAreRefused holds for each that it is refused, that it
// costs less than a millisecond, and that neither the log nor the answer has it.
func TestAHundredWrongCredentialsAreRefused(t *testing.T) {
	p := newProvider(t)
	d := open(t, plan.Access{Keys: &plan.AccessKeys{MaxAge: "90d"}, JWT: &plan.AccessJWT{Issuer: p.URL,
		Audience: "scoring-api", Caller: "sub", Claims: map[string]string{"team": "lending"}}})
	all := wrongKeys(d.keys)
	maps.Copy(all, wrongClaims(t, p))
	maps.Copy(all, wrongSignatures(t, p))
	if len(all) < 100 {
		t.Fatalf("only %d cases", len(all))
	}
	d.Own()
	d.know(t)
	d.fine(t, "bank", bearer(p.token(t, nil))...)                      // what the wrong ones differ from
	d.ask(bearer(all["an unknown key"].header[1][len("Bearer "):])...) // has the keys read once
	for name, c := range all {
		best := time.Hour // of several: others use this machine too
		for range 5 {
			begin := time.Now()
			caller, no := d.ask(c.header...)
			best = min(best, time.Since(begin))
			if no == nil || no.Status != c.status || c.code != "" && no.Code != c.code {
				t.Errorf("%s: admitted as %q, %+v; want %d %s", name, caller, no, c.status, c.code)
				break
			}
			said := fmt.Sprintf("%+v %s", *no, no.Challenge())
			if i := slices.IndexFunc(c.header, func(h string) bool { return leaks(said, h) }); i >= 0 {
				t.Errorf("%s: the answer repeats the credential: %s", name, said)
			}
		}
		if best > time.Millisecond {
			t.Errorf("%s: refusing it takes %s", name, best)
		}
		for _, h := range c.header {
			if leaks(d.log.String(), h) {
				t.Errorf("%s: the log has the credential: %s", name, d.log.String())
			}
		}
	}
	d.fine(t, "bank", bearer(p.token(t, nil))...)
	if n := p.fetches.Load(); n != 2 {
		t.Errorf("the issuer's keys were read %d times, so that callers decide how often", n)
	}
}

// leaks reports whether a text has any long piece of a credential.
func leaks(text, header string) bool {
	secret := strings.TrimPrefix(header, "Bearer ")
	if len(secret) < 24 {
		return false
	}
	for i := 0; i+20 <= min(len(secret), 4000); i += 20 {
		if strings.Contains(text, secret[i:i+20]) {
			return true
		}
	}
	return false
}
