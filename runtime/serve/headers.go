package serve

import "net/http"

// Header values that every answer shares. Nobody writes to them.
var (
	typeJSON   = []string{"application/json"}
	typeBytes  = []string{"application/octet-stream"}
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	noReferrer = []string{"no-referrer"}
	noFrame    = []string{"DENY"}
	closing    = []string{"close"}
)

// secure sets what every answer carries, whatever it is: a browser takes
// nothing in it for a page, a script or a frame, keeps none of it and tells
// nobody where it came from. A page of our own says what more it needs.
//
// Values are assigned, not set by Header.Set: the keys are in canonical form, and
// the shared slices save an allocation for each header of each answer.
func secure(h http.Header) {
	h["Content-Security-Policy"] = noContent
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = noFrame
	h["Referrer-Policy"] = noReferrer
	h["Cache-Control"] = noStore
}
