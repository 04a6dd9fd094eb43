package blueprints

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// schemes are the URLs that the runtime reads data from; mem is for tests.
var schemes = []string{"s3", "file", "mem"}

// instead is what to do about sources that people expect to work.
var instead = map[string]string{
	"http": "download it to a file, or put it into s3", "https": "download it to a file, or put it into s3",
	"postgres":   "export the table or the query to CSV or Parquet",
	"postgresql": "export the table or the query to CSV or Parquet",
	"mysql":      "export the table or the query to CSV or Parquet",
	"gs":         "use s3://bucket/key?endpoint=https://storage.googleapis.com",
}

// reaches checks that data can be read from the source's scheme.
func (r *refs) reaches(text string, path ...string) {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		return
	}
	if slices.Contains(schemes, scheme) {
		r.endpoints(text, path...)
		return
	}
	hint := instead[scheme]
	if hint == "" {
		hint = nearest.Hint(scheme, schemes[:2])
	}
	r.sayAs(source.WrongPath, fmt.Sprintf("data is not read from %s://; a source is a path, a glob, s3://bucket/key or file:///path", scheme), hint, path...)
}

// endpoints checks the hosts that the options of a bucket's URL name.
func (r *refs) endpoints(text string, path ...string) {
	_, query, _ := strings.Cut(text, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return // of a glob, or said when it is opened
	}
	for _, endpoint := range options["endpoint"] {
		if !strings.Contains(endpoint, "://") {
			endpoint = "https://" + endpoint
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Hostname() == "" {
			r.sayAs(source.WrongAddress, "the endpoint is not a URL", "write it as ?endpoint=https://host", path...)
			continue
		}
		r.sendable(u.Hostname(), path...)
	}
}

// sendable refuses a host that nothing would be sent to in the end. What a
// name leads to is known only then.
func (r *refs) sendable(host string, path ...string) {
	if _, why := plan.ForbiddenHost(host); why != "" {
		r.sayAs(source.WrongAddress, why, "", path...)
	}
}

// web checks a URL of a service; the schema has seen to its scheme, and that it
// holds no password. A webhook's path may be a secret, so it is not shown, and
// asks for https, but on this machine.
func (r *refs) web(text string, webhook bool, path ...string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" ||
		strings.ContainsFunc(text, func(c rune) bool { return c == ' ' || unprintable(c) }) {
		shown := fmt.Sprintf("%q", text)
		if webhook {
			shown = "the value here"
		}
		r.sayAs(source.WrongAddress, shown+" is not a URL", "write it as https://host/path", path...)
		return
	}
	r.sendable(u.Hostname(), path...)
	ip := net.ParseIP(u.Hostname())
	if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); webhook && u.Scheme != "https" && !local {
		r.sayAs(source.WrongAddress, "failures are sent over https only", "write it as https://host/path", path...)
	}
}
