package render

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ashlar-dev/ashlar/stacks/record"
)

// helmfile writes the Helm releases as a helmfile.yaml, each with the releases
// that it waits for.
// It returns no file where there is no release. All that is wrong with releases is one
// error. Dependencies between releases become "needs", by which helmfile orders them;
// dependencies on other resources cannot be said there.
func helmfile(rec *record.Recording, values *resolver) (Files, error) {
	var releases []any
	repositories := map[string]any{}
	places := map[string]string{} // URN -> namespace/name
	for _, r := range rec.OfType(releaseType) {
		places[r.URN] = inputText(r, "namespace") + "/" + inputText(r, "name")
	}
	var errs []error
	for _, r := range rec.OfType(releaseType) {
		one, err := release(r, places, repositories, values)
		if err != nil {
			errs = append(errs, failed(r, err))
			continue
		}
		releases = append(releases, one)
	}
	if err := errors.Join(errs...); err != nil || len(releases) == 0 {
		return nil, err
	}
	document := map[string]any{"releases": releases}
	if len(repositories) > 0 {
		var list []any
		for _, name := range sorted(repositories) {
			list = append(list, map[string]any{"name": name, "url": repositories[name]})
		}
		document["repositories"] = list
	}
	text, err := encode(document)
	return Files{"helmfile.yaml": text}, err
}

// release translates one release and notes the repository of its chart.
// A version is required: without it helmfile would install the newest, and the same
// rendering would mean something else each day.
func release(r *record.Resource, places map[string]string, repositories map[string]any,
	values *resolver) (map[string]any, error) {
	name, chart := inputText(r, "name"), inputText(r, "chart")
	if name == "" || chart == "" || inputText(r, "version") == "" {
		return nil, errors.New("a release needs a name, a chart and a pinned version")
	}
	if repo := inputText(resourceOf(r.Inputs["repositoryOpts"]), "repo"); repo != "" {
		alias := alias(repo)
		repositories[alias] = repo
		chart = alias + "/" + chart
	}
	one := map[string]any{"name": name, "namespace": inputText(r, "namespace"), "chart": chart,
		"version": inputText(r, "version"), "createNamespace": true, "wait": true}
	given, err := values.plain(r.Inputs["values"], nil, func([]string) string { return "" })
	if err != nil {
		return nil, err
	}
	if given != nil {
		one["values"] = []any{given}
	}
	var needs []any
	for _, urn := range r.Dependencies {
		if place, ok := places[urn]; ok {
			needs = append(needs, place)
		}
	}
	if len(needs) > 0 {
		one["needs"] = needs
	}
	return one, nil
}

// alias names a chart repository after its address.
// It only has to be the same for the same address.
func alias(url string) string {
	url = strings.TrimPrefix(url, "https://")
	return strings.Trim(notLabel.ReplaceAllString(url, "-"), "-")
}

// inputText is a resource's input where it is a text, else "".
func inputText(r *record.Resource, name string) string {
	s, _ := record.Plain(r.Inputs[resource.PropertyKey(name)]).(string)
	return s
}

// resourceOf lets inputText look into an object.
func resourceOf(v resource.PropertyValue) *record.Resource {
	r := &record.Resource{}
	if v.IsObject() {
		r.Inputs = v.ObjectValue()
	}
	return r
}
