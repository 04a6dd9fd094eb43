package access

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	// skew is how far the issuer's clock and this one may be apart.
	skew = time.Minute
	// remembered is for how long a token that was verified is not verified again, so
	// that a signing key which the issuer has withdrawn is not believed for longer.
	remembered = time.Minute
	maxTokens  = 1 << 13 // that are remembered
	maxName    = 200     // bytes of a caller's name
)

// algorithms are those whose keys may be public. With an HMAC among them, whoever has
// the issuer's public key could sign.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// tokens admits callers by tokens that an issuer has signed.
type tokens struct {
	spec     plan.AccessJWT
	issuer   *issuer
	verifier *oidc.IDTokenVerifier
	seen     *recent[[sha256.Size]byte, verified]
}

// verified is a token whose signature, issuer, audience and claims are right.
type verified struct {
	caller        string
	begins, ends  time.Time
	believedUntil time.Time
}

func newTokens(spec plan.AccessJWT, cfg Config) *tokens {
	i := newIssuer(spec.Issuer, cfg)
	return &tokens{spec: spec, issuer: i, seen: newRecent[[sha256.Size]byte, verified](maxTokens),
		verifier: oidc.NewVerifier(spec.Issuer, i, &oidc.Config{ClientID: spec.Audience,
			SupportedSigningAlgs: algorithms, SkipExpiryCheck: true})}
}

// keep finds the issuer's keys and keeps them up to date until ctx is done.
func (t *tokens) keep(ctx context.Context) { t.issuer.keep(ctx) }

// admit verifies a token. Errors of the library are not passed on: they may repeat
// parts of it.
func (t *tokens) admit(ctx context.Context, token string, now time.Time) (string, *Refusal) {
	if !compact(token) {
		return "", refuse(http.StatusUnauthorized, "invalid_token", "the token is not a signed JWT of three parts")
	}
	digest := digestOf(token)
	v, known := t.seen.get(digest)
	if !known || !now.Before(v.believedUntil) {
		if why := t.issuer.unready(now); why != "" {
			return "", unavailable(why)
		}
		var refused *Refusal
		if v, refused = t.verify(ctx, token, now); refused != nil {
			return "", refused
		}
		t.seen.set(digest, v)
	}
	switch {
	case !now.Before(v.ends.Add(skew)):
		return "", refuse(http.StatusUnauthorized, "expired_token", "the token has expired")
	case now.Add(skew).Before(v.begins):
		return "", refuse(http.StatusUnauthorized, "early_token", "the token is not valid yet")
	}
	return v.caller, nil
}

// compact reports whether a text has the form of a signed JWT: three parts in the
// letters of base64url.
func compact(token string) bool {
	dots := 0
	for i := range len(token) {
		switch c := token[i]; {
		case c == '.':
			dots++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return dots == 2
}

// verify looks at everything of a token but the time.
func (t *tokens) verify(ctx context.Context, token string, now time.Time) (verified, *Refusal) {
	wrong := func(code, message string) (verified, *Refusal) {
		return verified{}, refuse(http.StatusUnauthorized, code, message)
	}
	id, err := t.verifier.Verify(ctx, token)
	if err != nil {
		return wrong("invalid_token", "the token is not signed by the issuer, or is for another audience")
	}
	if id.Issuer != t.spec.Issuer { // the library has an exception for one issuer
		return wrong("invalid_token", "the token is of another issuer")
	}
	claims := map[string]any{}
	var times struct {
		NotBefore *float64 `json:"nbf"`
		IssuedAt  *float64 `json:"iat"`
		Expires   *float64 `json:"exp"`
	}
	if id.Claims(&claims) != nil || id.Claims(&times) != nil || times.Expires == nil {
		return wrong("invalid_token", "the token has no time at which it expires, or a time that does not read")
	}
	v := verified{ends: moment(times.Expires), begins: moment(times.NotBefore), believedUntil: now.Add(remembered)}
	if issued := moment(times.IssuedAt); issued.After(v.begins) {
		v.begins = issued
	}
	for name, want := range t.spec.Claims {
		if !holds(claim(claims, name), want, name) {
			return verified{}, refuse(http.StatusForbidden, "missing_claim",
				"the token does not have the claim "+strconv.Quote(name)+" that this endpoint wants")
		}
	}
	caller, _ := claim(claims, t.spec.Caller).(string)
	if v.caller = caller; !named(caller) {
		return wrong("invalid_token", "the token's claim "+strconv.Quote(t.spec.Caller)+" does not name a caller")
	}
	return v, nil
}

// moment is a time in seconds since 1970; what is out of all bounds is at a bound.
func moment(seconds *float64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.Unix(int64(min(max(*seconds, 0), 1<<40)), 0)
}

// claim returns a claim by its name, or by the names of objects and of one in them,
// joined by dots: realm_access.roles.
func claim(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	for first, rest, more := strings.Cut(name, "."); more; first, rest, more = strings.Cut(rest, ".") {
		inner, ok := claims[first].(map[string]any)
		if !ok {
			return nil
		}
		if v, ok := inner[rest]; ok {
			return v
		}
		claims = inner
	}
	return nil
}

// holds reports whether a claim is the text, a list that has it, or a scope with it
// among its words.
func holds(v any, want, name string) bool {
	switch v := v.(type) {
	case string:
		return v == want || (name == "scope" || name == "scp") && slices.Contains(strings.Fields(v), want)
	case bool:
		return strconv.FormatBool(v) == want
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { text, ok := one.(string); return ok && text == want })
	}
	return false
}

// named reports whether a text can stand for a caller, in a log and a metric.
func named(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) && name != ownName &&
		!strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsGraphic(c) })
}
