package blueprints

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// What a cluster, a mail server or a tracker would refuse is refused here, where
// the pull request is still open. Each rule is the one of who refuses it later.

// schemes are the URLs that the runtime reads data from; mem is for tests.
var schemes = []string{"s3", "file", "mem"}

// instead is what to do about sources that people expect to work.
var instead = map[string]string{
	"http": "download it to a file, or put it into s3", "https": "download it to a file, or put it into s3",
	"postgres": "export the table or the query to CSV or Parquet", "postgresql": "export the table or the query to CSV or Parquet",
	"mysql": "export the table or the query to CSV or Parquet", "gs": "use s3://bucket/key?endpoint=https://storage.googleapis.com",
}

// reaches checks that data can be read from the source's scheme.
func (r *refs) reaches(text string, path ...string) {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL || slices.Contains(schemes, scheme) {
		return
	}
	hint := instead[scheme]
	if hint == "" {
		hint = nearest.Hint(scheme, schemes[:2])
	}
	r.say(fmt.Sprintf("data is not read from %s://; a source is a path, a glob, s3://bucket/key or file:///path", scheme), hint, path...)
}

// email checks that the text is one address and nothing else: it becomes a
// header of a mail.
func (r *refs) email(text string, path ...string) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || strings.ContainsFunc(text, unprintable) {
		r.say(fmt.Sprintf("%q is not a valid email address", text), "write one address, such as team@example.com", path...)
	}
}

// printable refuses line ends and what steers a terminal in a text of one line.
func (r *refs) printable(text string, path ...string) {
	if strings.ContainsFunc(text, unprintable) {
		r.say(fmt.Sprintf("%q contains a character that cannot be printed", text), "write it on one line", path...)
	}
}

func unprintable(c rune) bool {
	return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u2028' || c == '\u2029'
}

// web checks a URL of a service; the schema has seen to its scheme, and that it
// holds no password. A webhook's path may be a secret, so it is not shown, and
// asks for https, but on this machine.
func (r *refs) web(text string, webhook bool, path ...string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.ContainsFunc(text, func(c rune) bool { return c == ' ' || unprintable(c) }) {
		shown := fmt.Sprintf("%q", text)
		if webhook {
			shown = "the value here"
		}
		r.say(shown+" is not a URL", "write it as https://host/path", path...)
		return
	}
	ip := net.ParseIP(u.Hostname())
	if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); webhook && u.Scheme != "https" && !local {
		r.say("failures are sent over https only", "write it as https://host/path", path...)
	}
}

// outside checks what the blueprint says of services outside of it.
func (r *refs) outside() {
	r.email(r.plan.Owner.Email, "owner", "email")
	r.printable(r.plan.Owner.Team, "owner", "team")
	t := r.plan.Tracking
	if t == nil {
		return
	}
	if t.MLflow != nil {
		r.web(t.MLflow.URI, false, "tracking", "mlflow", "uri")
	}
	if t.WandB != nil {
		r.web(t.WandB.BaseURL, false, "tracking", "wandb", "base_url")
	}
	if o := t.OpenLineage; o != nil {
		if (o.URL == "") == (o.File == "") {
			r.say("openlineage has a url or a file", "name one of them", "tracking", "openlineage")
		}
		r.web(o.URL, false, "tracking", "openlineage", "url")
		if o.File != "" {
			r.clean("", o.File, false, "tracking", "openlineage", "file")
		}
	}
}

// imageForm is a reference as container registries have it: the host with its
// port, the path in lower case, a tag, a digest.
var imageForm = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`)

func (r *refs) image(text string, path ...string) {
	if text != "" && !imageForm.MatchString(text) {
		r.say(fmt.Sprintf("%q is not a valid image reference", text), "write it as registry.example.com/name:1.2.0, or with @sha256:...", path...)
	}
}

var (
	labelKey   = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
)

// nodes checks on which nodes of a cluster a stage runs: Kubernetes' own rules
// of labels and tolerations.
func (r *refs) nodes(s plan.Stage, at func(...string) []string) {
	for _, key := range keys(s.NodeSelector) {
		if !labelKey.MatchString(key) {
			r.say(fmt.Sprintf("%q is not a valid label key", key), "write it as example.com/name, or name", at("node_selector", key)...)
		}
		if value := s.NodeSelector[key]; !labelValue.MatchString(value) {
			r.say(fmt.Sprintf("%q is not a valid label value", value), "use at most 63 letters, digits, dots, dashes and underscores, between letters or digits", at("node_selector", key)...)
		}
	}
	for i, t := range s.Tolerations {
		path := at("tolerations", fmt.Sprint(i))
		exists := t.Operator == "Exists"
		switch {
		case t.Key == "" && !exists:
			r.say("a toleration without a key is of every taint", `write operator: "Exists", or name the key`, path...)
		case exists && t.Value != "":
			r.say("a toleration with operator Exists has no value", "leave the value away, or use Equal", path...)
		case t.Key != "" && !labelKey.MatchString(t.Key):
			r.say(fmt.Sprintf("%q is not a valid taint key", t.Key), "write it as example.com/name, or name", path...)
		case !labelValue.MatchString(t.Value):
			r.say(fmt.Sprintf("%q is not a valid taint value", t.Value), "use at most 63 letters, digits, dots, dashes and underscores, between letters or digits", path...)
		}
	}
}
