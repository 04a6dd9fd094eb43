package plan

// Access says who may ask an endpoint for predictions, and how often. Public, or at
// least one of Keys, JWT and MTLS, is set.
type Access struct {
	Public bool        `json:"public,omitempty"` // everybody may
	Keys   *AccessKeys `json:"keys,omitempty"`
	JWT    *AccessJWT  `json:"jwt,omitempty"`
	MTLS   *AccessMTLS `json:"mtls,omitempty"`
	Allowance
	Callers map[string]Allowance `json:"callers,omitempty"` // in place of the common one
}

// AccessKeys admits callers by keys that the registry knows.
type AccessKeys struct {
	MaxAge string `json:"max_age,omitempty"` // a duration; older keys are refused; empty: as each key says
}

// AccessJWT admits callers by signed tokens of an OpenID Connect issuer.
type AccessJWT struct {
	Issuer   string            `json:"issuer"`           // whose discovery document names the keys
	Audience string            `json:"audience"`         // that a token must be for
	Claims   map[string]string `json:"claims,omitempty"` // that a token must have
	Caller   string            `json:"caller"`           // the claim that names the caller
}

// AccessMTLS admits callers by certificates.
type AccessMTLS struct {
	CA          string   `json:"ca,omitempty"`           // PEM; empty: the server is given a file
	Secret      string   `json:"secret,omitempty"`       // of a cluster, with the server's certificate
	TrustDomain string   `json:"trust_domain,omitempty"` // callers are SPIFFE IDs of it
	IDs         []string `json:"ids,omitempty"`          // that are admitted; empty: every one of the CA's
}

// Allowance is how often a caller may ask.
type Allowance struct {
	Rate  *RateLimit `json:"rate,omitempty"`
	Quota *Quota     `json:"quota,omitempty"`
}

// RateLimit is a token bucket.
type RateLimit struct {
	RequestsPerSecond float64 `json:"requests_per_second"`
	Burst             int     `json:"burst"`
}

// Quota is how many requests a caller has in each period of UTC.
type Quota struct {
	Requests int    `json:"requests"`
	Per      string `json:"per"` // minute, hour or day
}

// Methods are the ways in which callers are known, for people and annotations: public,
// or some of keys, jwt and mtls. Nil has none.
func (a *Access) Methods() (out []string) {
	if a == nil {
		return nil
	}
	for _, m := range []struct {
		name string
		has  bool
	}{{"public", a.Public}, {"keys", a.Keys != nil}, {"jwt", a.JWT != nil}, {"mtls", a.MTLS != nil}} {
		if m.has {
			out = append(out, m.name)
		}
	}
	return out
}
