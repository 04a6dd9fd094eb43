package serve

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// object is a JSON object; encoding sorts its keys, so that a document is the
// same bytes each time.
type object = map[string]any

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// document returns the OpenAPI 3.0 document of an endpoint that serves v: what
// a request must hold is generated from the model's signature, so a client made
// from the document cannot disagree with the server.
func document(endpoint string, v *Served, lim limits) ([]byte, error) {
	m := v.Model
	doc := object{
		"openapi": "3.0.3",
		"info": object{
			"title":   endpoint,
			"version": strconv.Itoa(v.Version),
			"description": fmt.Sprintf("Predicts %s with version %d of model %s (%s, %s).", m.Signature.Target,
				v.Version, m.Name, m.Algorithm, m.Task),
		},
		"servers": []object{{"url": ".", "description": "where this document is"}},
		"paths": object{
			"/predict": object{"post": predictOperation(v, lim)},
			"/health": get("health", "Whether the process works.",
				jsonAnswer("It does.", ref("schemas", "Health"))),
			"/ready": get("ready", "Whether requests should be sent here.",
				jsonAnswer("They should.", ref("schemas", "Health")), unready()),
			"/metrics": get("metrics", "Prometheus metrics.",
				object{"200": object{"description": "In Prometheus' text format.",
					"content": object{"text/plain": object{"schema": object{"type": "string"}}}}}),
			"/drift": get("drift", "How live inputs and predictions differ from those the model was trained on.",
				jsonAnswer("The latest reports.", object{}), object{"404": ref("responses", "Error")}),
			"/schema": get("schema", "This document.",
				jsonAnswer("An OpenAPI document.", object{"type": "object"})),
			"/openapi.json": get("openapi", "This document.",
				jsonAnswer("An OpenAPI document.", object{"type": "object"})),
		},
		"components": object{
			"schemas": schemas(v, lim),
			"responses": object{"Error": object{"description": "What is wrong, by row and field.",
				"content": content(ref("schemas", "Error"))},
				"Failure": object{"description": "What is wrong.", "content": content(ref("schemas", "Failure"))}},
		},
	}
	withProtocol(doc, v)
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	return append(b, '\n'), nil
}

// content is a body of the one type that the server reads and writes.
func content(schema object) object { return object{"application/json": object{"schema": schema}} }

// jsonAnswer is the response to a request that succeeded.
func jsonAnswer(description string, schema object) object {
	return object{"200": object{"description": description, "content": content(schema)}}
}

// unready is the 503 of /ready. It is described apart from Error because its
// body is a Health: probes and people read the reason there.
func unready() object {
	return object{"503": object{"description": "They should not; the reason says why.",
		"content": content(ref("schemas", "Health"))}}
}

// get is a path that takes GET alone. Each answer maps status codes to
// responses; later ones win, though no caller repeats a code.
func get(id, summary string, answers ...object) object {
	responses := object{}
	for _, a := range answers {
		for status, r := range a {
			responses[status] = r
		}
	}
	return object{"get": object{"operationId": id, "summary": summary, "responses": responses}}
}

// predictOperation describes /predict. Its errors come from statuses, the list
// that metrics have counters for, so that both name the same codes.
func predictOperation(v *Served, lim limits) object {
	responses := object{"200": object{
		"description": "A prediction for one row, predictions for several.",
		"content":     content(object{"oneOf": []object{ref("schemas", "Prediction"), ref("schemas", "Predictions")}}),
	}}
	for _, status := range statuses {
		// Another method is another operation, which the document
		// does not have.
		if status != 405 {
			responses[strconv.Itoa(status)] = ref("responses", "Error")
		}
	}
	one := exampleRow(v.Model)
	return object{
		"operationId": "predict",
		"summary":     "Predict " + v.Model.Signature.Target + ".",
		"description": fmt.Sprintf("One row, or a batch of at most %d, in a body of at most %d bytes. "+
			"All problems of a request are reported at once, the first %d in full.", lim.rows, lim.body, maxProblems),
		"requestBody": object{"required": true, "content": object{"application/json": object{
			"schema": ref("schemas", "PredictRequest"),
			"examples": object{
				"named":      object{"summary": "one row by names", "value": object{"features": one}},
				"positional": object{"summary": "one row in order", "value": object{"features": inOrder(v.Model, one)}},
				"batch":      object{"summary": "several rows", "value": object{"features": []object{one, one}}},
			},
		}}},
		"responses": responses,
	}
}

// schemas are the named schemas. Everything that depends on the model is in
// NamedRow, PositionalRow and the result; the rest is the same for all.
func schemas(v *Served, lim limits) object {
	text, whole := object{"type": "string"}, object{"type": "integer"}
	result := resultProperties(v.Model)
	alone := object{"model": text, "version": whole}
	explained := ref("schemas", "Explanation")
	for k, p := range result {
		alone[k] = p
	}
	rows := func(of string) object {
		return object{"type": "array", "minItems": 1, "maxItems": lim.rows, "items": ref("schemas", of)}
	}
	// A batch may mix both forms; eachRow decides row by row.
	mixed := object{"type": "array", "minItems": 1, "maxItems": lim.rows,
		"items": object{"oneOf": []object{ref("schemas", "NamedRow"), ref("schemas", "PositionalRow")}}}
	return object{
		"NamedRow":      namedRow(v.Model),
		"PositionalRow": positionalRow(v.Model),
		"PredictRequest": object{"type": "object", "required": []string{"features"},
			"additionalProperties": false, "properties": object{
				"features": object{"oneOf": []object{ref("schemas", "NamedRow"),
					ref("schemas", "PositionalRow"), mixed}},
				"explain": object{"type": "boolean",
					"description": "Whether to answer what each input has added to the score."},
				"reasons": reasonsWanted(v.Model)}},
		"Explanation": explanationSchema(v.Model),
		"Result":      with(closed(result), "explanation", explained),
		"Prediction":  with(closed(alone), "explanation", explained),
		"Predictions": closed(object{"predictions": rows("Result"), "model": text, "version": whole}),
		"Health": object{"type": "object", "required": []string{"status"}, "properties": object{
			"status": text, "reason": text, "endpoint": text, "model": text, "version": whole, "digest": text}},
		"Error": object{"type": "object", "required": []string{"error"}, "properties": object{"error": object{
			"type": "object", "required": []string{"code", "message"}, "properties": object{
				"code":    object{"type": "string", "description": "a word for programs"},
				"message": object{"type": "string", "description": "a sentence for people"},
				"fields": object{"type": "array", "maxItems": maxProblems,
					"items": object{"type": "object", "required": []string{"message"}, "properties": object{
						"row":   object{"type": "integer", "description": "counted from 0; only of a batch"},
						"field": text, "message": text}}},
				"request_id": text}}}},
	}
}

// closed is an object that has all of the properties and no others.
// Answers are described this way so that generated clients get fields that are
// always set; Health is open, because its fields are left out where unknown.
func closed(properties object) object {
	return object{"type": "object", "required": sortedKeys(properties),
		"additionalProperties": false, "properties": properties}
}

// resultProperties describe what appendScore writes. Both have to change
// together: a client generated from the document would reject anything else.
func resultProperties(m *model.Model) object {
	probability := object{"type": "number", "minimum": 0, "maximum": 1}
	if m.Task == plan.Regression {
		return object{"prediction": object{"type": "number", "description": m.Signature.Target}}
	}
	each := object{}
	for _, l := range m.Signature.Labels {
		each[l] = probability
	}
	return object{
		"prediction":    object{"type": "string", "enum": m.Signature.Labels, "description": m.Signature.Target},
		"probability":   object{"type": "number", "minimum": 0, "maximum": 1, "description": "of the predicted class"},
		"probabilities": closed(each),
	}
}
