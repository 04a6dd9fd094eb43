package access

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func FuzzCredential(f *testing.F) {
	key, _ := NewKey()
	for _, s := range []string{"Bearer " + key, "bearer x", "Basic eA==", "", "Bearer", "Bearer  a b", "\xff"} {
		f.Add(s, "", false)
		f.Add(s, s, true)
	}
	f.Fuzz(func(t *testing.T, auth, apiKey string, both bool) {
		h := http.Header{"Authorization": {auth}}
		if both {
			h["X-Api-Key"] = []string{apiKey}
		}
		secret, no := credential(h)
		if (secret == "") == (no == nil) || both && no == nil || len(secret) > maxCredential ||
			secret != strings.TrimSpace(secret) {
			t.Errorf("%q: %q, %+v", auth, secret, no)
		}
	})
}

func FuzzKeyID(f *testing.F) {
	key, _ := NewKey()
	f.Add(key)
	f.Add(keyPrefix)
	f.Add(strings.Repeat("_", keyLength))
	f.Fuzz(func(t *testing.T, key string) {
		if id, ok := keyID(key); ok && (len(id) != idLength || keyPrefix+id+"_"+key[len(key)-52:] != key) {
			t.Errorf("%q has the id %q", key, id)
		}
	})
}

// FuzzToken holds that nothing is admitted but what the issuer has signed.
func FuzzToken(f *testing.F) {
	p := newProvider(f)
	d := open(f, plan.Access{JWT: &plan.AccessJWT{Issuer: p.URL, Audience: "scoring-api", Caller: "sub"}})
	d.know(f)
	d.tokens.issuer.limit.SetLimit(0) // no network
	d.tokens.issuer.limit.SetBurst(0)
	right := p.token(f, nil)
	f.Add(right)
	f.Add(unsigned(p, `{"alg":"none"}`, "", nil))
	f.Add("..")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		if len(token) > maxCredential {
			return
		}
		if caller, no := d.tokens.admit(t.Context(), token, noon); no == nil && (caller != "bank" ||
			!strings.HasPrefix(token, right[:strings.LastIndexByte(right, '.')])) {
			t.Errorf("%q is admitted as %q", token, caller)
		}
	})
}

func FuzzKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := signingKeys(body)
		if (err == nil) != (len(keys) > 0) || len(keys) > maxKeys {
			t.Errorf("%d keys, %v", len(keys), err)
		}
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() {
				t.Errorf("a key that is not public is taken: %+v", k)
			}
		}
	})
}
