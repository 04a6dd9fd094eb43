package blueprints

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// What a cluster, a mail server or a tracker would refuse is refused here, where
// the pull request is still open. Each rule is the one of who refuses it later.

// email checks that the text is one address and nothing else: it becomes a
// header of a mail.
func (r *refs) email(text string, path ...string) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || strings.ContainsFunc(text, unprintable) {
		r.sayAs(source.WrongAddress, fmt.Sprintf("%q is not a valid email address", text),
			"write one address, such as team@example.com", path...)
	}
}

// printable refuses line ends and what steers a terminal in a text of one line.
func (r *refs) printable(text string, path ...string) {
	if strings.ContainsFunc(text, unprintable) {
		r.sayAs(source.WrongAddress, fmt.Sprintf("%q contains a character that cannot be printed", text),
			"write it on one line", path...)
	}
}

func unprintable(c rune) bool {
	return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u2028' || c == '\u2029'
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
		r.sayAs(source.WrongAddress, fmt.Sprintf("%q is not a valid image reference", text),
			"write it as registry.example.com/name:1.2.0, or with @sha256:...", path...)
	}
}

var (
	labelKey   = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
)

// nodes checks on which nodes of a cluster pods run: Kubernetes' own rules of labels
// and tolerations.
func (r *refs) nodes(selector map[string]string, tolerations []plan.Toleration, at func(...string) []string) {
	for _, key := range keys(selector) {
		if !labelKey.MatchString(key) {
			r.say(fmt.Sprintf("%q is not a valid label key", key), "write it as example.com/name, or name",
				at("node_selector", key)...)
		}
		if value := selector[key]; !labelValue.MatchString(value) {
			r.say(fmt.Sprintf("%q is not a valid label value", value),
				"use at most 63 letters, digits, dots, dashes and underscores, between letters or digits",
				at("node_selector", key)...)
		}
	}
	for i, t := range tolerations {
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
			r.say(fmt.Sprintf("%q is not a valid taint value", t.Value),
				"use at most 63 letters, digits, dots, dashes and underscores, between letters or digits", path...)
		}
	}
}
