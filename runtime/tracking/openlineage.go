package tracking

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	producer  = "https://github.com/ashlar-dev/ashlar"
	runEvent  = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	version   = "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
	errorRun  = "https://openlineage.io/spec/facets/1-0-0/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet"
	runFacet  = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet"
	storeName = "ashlar"
)

// openLineage posts a run event of OpenLineage 2-0-2 for each run that ended.
type openLineage struct {
	caller
	namespace string
}

// newOpenLineage takes the whole URL, as servers differ in their path.
func newOpenLineage(cfg Config, o plan.OpenLineage) *openLineage {
	out := &openLineage{namespace: o.Namespace,
		caller: caller{client: cfg.Client, base: strings.TrimSuffix(o.URL, "/")}}
	if out.namespace == "" {
		out.namespace = cfg.Plan.Name
	}
	if key := cfg.Getenv("OPENLINEAGE_API_KEY"); key != "" {
		out.sign = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+key) }
	}
	return out
}

func (o *openLineage) name() string { return "openlineage" }

// send posts the start and then the end. If the second fails both are sent again.
func (o *openLineage) send(ctx context.Context, r Record) error {
	var err error
	for _, event := range events(o.namespace, r) {
		if err = o.call(ctx, http.MethodPost, "", event, nil); err != nil {
			break
		}
	}
	var f *failure
	if errors.As(err, &f) && (f.status == 400 || f.status == 422) {
		return &refusedError{f.Error()}
	}
	return err
}

type object = map[string]any

// events are the run as OpenLineage has it: its start and its end. The run is
// told of once it has ended, so both are sent then, with the times that they
// happened at. The same run is the same events, which servers take for one.
func events(namespace string, r Record) []object {
	end := event(namespace, r)
	start := maps.Clone(end)
	start["eventType"], start["eventTime"] = "START", r.Started.UTC().Format(time.RFC3339Nano)
	// A start has no result yet and no facets that only the end knows.
	start["outputs"], start["run"] = []object{}, object{"runId": uuid(r.key()), "facets": object{}}
	return []object{start, end}
}

// event is the run's end. COMPLETE, FAIL and ABORT are OpenLineage's terminal
// types. Inputs and outputs carry their digests as version facets, so that lineage
// is between data and not only between names. Facets of our own begin with
// "ashlar_", as the specification asks of custom ones. Only a run that succeeded
// has an output: a failed one registered nothing.
func event(job string, r Record) object {
	kind, facets := "COMPLETE", object{}
	switch r.Status {
	case "interrupted":
		kind = "ABORT"
	case "failed":
		kind = "FAIL"
		facets["errorMessage"] = object{"_producer": producer, "_schemaURL": errorRun, "message": cut(r.Error, 2000),
			"programmingLanguage": "Go"}
	}
	for name, v := range map[string]any{"ashlar_params": r.Params, "ashlar_metrics": r.Metrics} {
		facets[name] = object{"_producer": producer, "_schemaURL": runFacet, "values": v}
	}
	if !r.Training.Empty() {
		facets["ashlar_training"] = object{"_producer": producer, "_schemaURL": runFacet, "training": r.Training}
	}
	versioned := func(namespace, name, digest string) object {
		facet := object{}
		if digest != "" {
			facet["version"] = object{"_producer": producer, "_schemaURL": version, "datasetVersion": digest}
		}
		return object{"namespace": namespace, "name": name, "facets": facet}
	}
	inputs, outputs := []object{}, []object{}
	if r.Dataset != "" {
		inputs = append(inputs, versioned(storeName, r.Blueprint+"/datasets/"+r.Dataset, r.Tags["data_digest"]))
	}
	if r.Status == "succeeded" {
		outputs = append(outputs, versioned(storeName, r.Blueprint+"/models/"+r.Model, r.Tags["model_digest"]))
	}
	return object{
		"eventType": kind, "eventTime": r.Finished.UTC().Format(time.RFC3339Nano),
		"producer": producer, "schemaURL": runEvent,
		"run":     object{"runId": uuid(r.key()), "facets": facets},
		"job":     object{"namespace": job, "name": r.Blueprint + "." + r.Model, "facets": object{}},
		"inputs":  inputs,
		"outputs": outputs,
	}
}

// uuid is a version 8 UUID (RFC 9562) of the text: the same text, the same UUID.
// OpenLineage asks for a UUID; one that is derived lets a run be told twice.
func uuid(text string) string {
	h := sha256.Sum256([]byte(text))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
