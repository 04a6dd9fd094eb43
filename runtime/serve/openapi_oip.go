package serve

import (
	"maps"
	"net/url"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// withProtocol adds the paths and schemas of the inference protocols. Paths name
// the model that is served rather than have a parameter, so that a client made
// from the document can call them.
func withProtocol(doc object, v *Served) {
	paths, ok := doc["paths"].(object)
	if !ok {
		return
	}
	name := url.PathEscape(v.Model.Name)
	about := "/v2/models/" + name
	version := about + "/versions/" + strconv.Itoa(v.Version)
	failures := func(statuses ...string) object {
		out := object{}
		for _, s := range statuses {
			out[s] = ref("responses", "Failure")
		}
		return out
	}
	down := failures("503")
	protocol := object{
		"/v2": get("server", "The server, by the Open Inference Protocol.",
			jsonAnswer("Its name and extensions.", ref("schemas", "Server"))),
		"/v2/health/live": get("live", "Whether the process works.", jsonAnswer("It does.", flag("live"))),
		"/v2/health/ready": get("serverReady", "Whether the model is served.",
			jsonAnswer("It is.", flag("ready")), down),
		"/v2/models": get("models", "The model that is served.",
			jsonAnswer("Its name, or none.", object{"type": "object"})),
		about: get("model", "The model's tensors.", jsonAnswer("They.", ref("schemas", "Model")), down),
		version: get("version", "The version's tensors.",
			jsonAnswer("They.", ref("schemas", "Model")), down),
		about + "/ready": get("modelReady", "Whether the model is served.", jsonAnswer("It is.", modelReady()), down),
		version + "/ready": get("versionReady", "Whether the version is served.",
			jsonAnswer("It is.", modelReady()), down),
		"/v1/models": get("modelsV1", "As /v2/models.",
			jsonAnswer("Its name, or none.", object{"type": "object"})),
		"/v1/models/" + name: get("modelV1", "Whether the model is served, by KServe's first protocol.",
			jsonAnswer("It is.", modelReady()), down),
		"/v2/repository/index": object{"post": object{"operationId": "index", "summary": "What there is.",
			"requestBody": object{"content": content(flag("ready"))}, "responses": merged(
				jsonAnswer("It.", object{"type": "array", "items": ref("schemas", "Indexed")}),
				failures("400", "415"))}},
		"/v1/models/" + name + ":predict": object{"post": object{"operationId": "predictV1",
			"summary":     "Predict, by KServe's first protocol.",
			"requestBody": object{"required": true, "content": content(ref("schemas", "Instances"))},
			"responses":   merged(jsonAnswer("A prediction a row.", predictionsV1(v)), failures(failing()...))}},
	}
	maps.Copy(protocol, moved(name, failures))
	for path, id := range map[string]string{about + "/infer": "infer", version + "/infer": "inferVersion"} {
		protocol[path] = object{"post": inferOperation(id, merged(
			jsonAnswer("A tensor an output.", ref("schemas", "InferenceResponse")), failures(failing()...)))}
	}
	maps.Copy(paths, protocol)
	if components, ok := doc["components"].(object); ok {
		if s, ok := components["schemas"].(object); ok {
			maps.Copy(s, protocolSchemas())
		}
	}
}

// moved describes how operators load and unload the model.
func moved(name string, failures func(...string) object) object {
	out := object{}
	for _, verb := range []string{"load", "unload"} {
		out[repositoryModels+name+"/"+verb] = object{"post": object{"operationId": verb,
			"summary": "Have the process " + verb + " its model; at the address of operators alone.",
			"responses": merged(jsonAnswer("It did.", object{"type": "object", "required": []string{"name", verb},
				"properties": object{"name": object{"type": "string"}, verb: object{"type": "boolean"}}}),
				failures("400", "403", "404", "415", "503"))}}
	}
	return out
}

// failing are the statuses of requests for predictions. What is wrong with a row
// is a 400 in these protocols.
func failing() []string {
	var out []string
	for _, status := range statuses {
		if status != 405 && status != 422 { //nolint:mnd // as in statuses
			out = append(out, strconv.Itoa(status))
		}
	}
	return append(out, "404")
}

func merged(all ...object) object {
	out := object{}
	for _, o := range all {
		maps.Copy(out, o)
	}
	return out
}

func flag(name string) object {
	return object{"type": "object", "properties": object{name: object{"type": "boolean"}}}
}

func modelReady() object {
	return object{"type": "object", "required": []string{"name", "ready"}, "properties": object{
		"name": object{"type": "string"}, "ready": object{"type": "boolean"}}}
}

func predictionsV1(v *Served) object {
	one := object{"type": "string"}
	if v.Model.Task == plan.Regression {
		one = object{"type": "number"}
	}
	return closed(object{"predictions": object{"type": "array", "items": one}})
}

// inferOperation describes /infer. Bytes behind JSON are beyond what OpenAPI can
// say, so the text does.
func inferOperation(id string, responses object) object {
	return object{
		"operationId": id, "summary": "Predict, by the Open Inference Protocol.",
		"description": "One tensor a column, of the shape [rows] or [rows, 1], or a single one of the shape " +
			"[rows, columns]. Tensors may come and go as bytes behind the JSON, whose length the header " +
			headerLength + " then says " +
			"(Triton's binary tensor data extension). The parameter explain adds the outputs " +
			"contributions, base and margin, and reasons where there are two classes.",
		"parameters": []object{{"name": headerLength, "in": "header", "schema": object{"type": "integer"},
			"description": "How many bytes of the body are JSON; the rest are tensors."}},
		"requestBody": object{"required": true, "content": object{
			"application/json":         object{"schema": ref("schemas", "InferenceRequest")},
			"application/octet-stream": object{"schema": object{"type": "string", "format": "binary"}}}},
		"responses": responses,
	}
}

func protocolSchemas() object {
	text, parameters := object{"type": "string"}, object{"type": "object"}
	datatype := object{"type": "string", "enum": []oip.Datatype{oip.Bool, oip.Uint8, oip.Uint16, oip.Uint32, oip.Uint64,
		oip.Int8, oip.Int16, oip.Int32, oip.Int64, oip.FP16, oip.BF16, oip.FP32, oip.FP64, oip.Bytes}}
	shape := object{"type": "array", "items": object{"type": "integer"}}
	list := func(of object) object { return object{"type": "array", "items": of} }
	record := func(required []string, properties object) object {
		return object{"type": "object", "required": required, "properties": properties}
	}
	tensor := object{"name": text, "datatype": datatype, "shape": shape, "parameters": parameters,
		"data": object{"type": "array", "items": object{}}}
	about := record([]string{"name", "datatype", "shape"}, object{"name": text, "datatype": datatype, "shape": shape})
	return object{
		"Failure": closed(object{"error": text}),
		"Server":  closed(object{"name": text, "version": text, "extensions": list(text)}),
		"Model": closed(object{"name": text, "versions": list(text), "platform": text, "inputs": list(about),
			"outputs": list(about)}),
		"Indexed": record([]string{"name", "state", "reason"},
			object{"name": text, "version": text, "state": text, "reason": text}),
		"Tensor": record([]string{"name", "datatype", "shape"}, tensor),
		"InferenceRequest": record([]string{"inputs"}, object{"id": text, "parameters": parameters,
			"inputs": list(ref("schemas", "Tensor")), "outputs": list(record([]string{"name"},
				object{"name": text, "parameters": parameters}))}),
		"InferenceResponse": record([]string{"model_name", "outputs"}, object{"model_name": text, "model_version": text,
			"id": text, "parameters": parameters, "outputs": list(ref("schemas", "Tensor"))}),
		"Instances": record([]string{"instances"}, object{"instances": object{"type": "array",
			"items": object{"oneOf": []object{ref("schemas", "NamedRow"), ref("schemas", "PositionalRow")}}}}),
	}
}
