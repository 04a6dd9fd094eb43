package blueprints

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// small is a sound blueprint that the cases below break in one place each.
const small = `package p
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "p"
	owner: {team: "t", email: "t@example.com"}
	datasets: d: {
		source: "d.csv"
		columns: {
			Age: {type: "integer", sensitive: true}
			Home: {type: "category", nullable: true}
			Note: {type: "text"}
			Status: {type: "category", values: ["bad", "good"]}
		}
		expect: [
			{expectation: "column_values_to_be_between", column: "Age", min_value: 18, max_value: 99},
			{expectation: "column_values_to_match_regex", column: "Home", regex: "^o"},
		]
	}
	models: m: {
		dataset: "d"
		target: "Status"
		positive: "good"
		algorithm: "random_forest"
		params: max_depth: 10
		search: space: max_depth: [4, 6]
		require: metrics: roc_auc: >=0.8 & <1
		require: fairness: Age: {split: 25, demographic_parity_ratio: >=0.8}
	}
	pipelines: l: {model: "m", schedule: "@daily"}
	endpoints: e: {
		model: "m"
		strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]
		drift: window: "1h"
	}
	slos: s: {endpoint: "e", objective: 99.9, indicator: "latency", threshold: "50ms"}
	environments: {dev: {}, prod: endpoints: e: replicas: {min: 2, max: 3}}
}
`

// wrong are edits of small: what is replaced, and by what.
var wrong = []struct{ name, from, to string }{
	{"a string that does not end", `target: "Status"`, `target: "Status`},
	{"a bracket that is not closed", `columns: {`, `columns: {{`},
	{"another import", `"ashlar.dev/blueprint"`, `"ashlar.dev/blueprints"`},
	{"an unknown field", `target: "Status"`, `targt: "Status"`},
	{"an unknown field at the top", `name: "p"`, `nam: "p"`},
	{"an unknown field of a column", `sensitive: true`, `sensitiv: true`},
	{"a missing field", `dataset: "d"`, ``},
	{"a wrong type", `sensitive: true`, `sensitive: "yes"`},
	{"an unknown column type", `type: "integer"`, `type: "interger"`},
	{"a misspelt field that others depend on", `algorithm: "random_forest"`, `algoritm: "random_forest"`},
	{"a missing field that others depend on", `algorithm: "random_forest"`, ``},
	{"an unknown algorithm", `"random_forest"`, `"random_florest"`},
	{"a parameter of another algorithm", `params: max_depth: 10`, `params: learning_rate: 0.1`},
	{"a parameter out of bounds", `params: max_depth: 10`, `params: max_depth: -1`},
	{"a dangling dataset", `dataset: "d"`, `dataset: "dd"`},
	{"a dangling target", `target: "Status"`, `target: "Statsu"`},
	{"a dangling key of a split", `positive: "good"`, `positive: "good", split: key: "Agee"`},
	{"a key of a split that may be missing", `positive: "good"`, `positive: "good", split: key: "Home"`},
	{"the target as the key of a split", `positive: "good"`, `positive: "good", split: key: "Status"`},
	{"a dangling column of an expectation", `column: "Age"`, `column: "Agee"`},
	{"a dangling model of an endpoint", "endpoints: e: {\n\t\tmodel: \"m\"", "endpoints: e: {\n\t\tmodel: \"mm\""},
	{"a dangling model of a pipeline", `pipelines: l: {model: "m"`, `pipelines: l: {model: "n"`},
	{"a dangling endpoint of an slo", `endpoint: "e"`, `endpoint: "f"`},
	{"a dangling fairness column", `fairness: Age:`, `fairness: Agee:`},
	{"a dangling column of a drift alert", `drift: window: "1h"`, `drift: alert: columns: ["Agee"]`},
	{"a rate of false alarms of a test that holds none", `drift: window: "1h"`,
		`drift: {tests: "psi", alert: false_alarm_rate: 0.05}`},
	{"an unknown weight of a drift alert", `drift: window: "1h"`, `drift: alert: weighted_by: "importnace"`},
	{"an unknown class", `positive: "good"`, `positive: "goood"`},
	{"a declared value that means missing", `values: ["bad", "good"]`, `values: ["good", "NA"]`},
	{"a declared value that its column takes for missing", `values: ["bad", "good"]`,
		`values: ["bad", "good"], null_value: ["bad"]`},
	{"a share of no values", `type: "category", nullable: true}`,
		`type: "category", nullable: true, values_mostly: 0.9}`},
	{"a target with classes outside of its values", `values: ["bad", "good"]`,
		`values: ["bad", "good"], values_mostly: 0.9`},
	{"a positive class that means missing", "\"category\", values: [\"bad\", \"good\"]}",
		"\"category\", null_value: [\"?\", \"good\"]}"},
	{"a set that must be found and holds what means missing",
		`{expectation: "column_values_to_match_regex", column: "Home", regex: "^o"}`,
		`{expectation: "column_distinct_values_to_contain_set", column: "Home", value_set: ["own", "NULL"]}`},
	{"an unknown expectation", `column_values_to_be_between`, `column_values_to_be_betwen`},
	{"an unknown argument", `max_value: 99`, `maxvalue: 99`},
	{"an argument of a wrong type", `max_value: 99`, `max_value: "99"`},
	{"bounds the wrong way round", `min_value: 18`, `min_value: 180`},
	{"no bounds", `, min_value: 18, max_value: 99`, ``},
	{"a regular expression that RE2 lacks", `"^o"`, `"(?=o)"`},
	{"an unknown metric", `roc_auc: >=0.8`, `roc_auk: >=0.8`},
	{"a metric of another task", `metrics: roc_auc: >=0.8 & <1`, `metrics: r2: >=0.8`},
	{"a gate that is no number", `>=0.8 & <1`, `"high"`},
	{"a gate of alternatives", `>=0.8 & <1`, `>=0.8 | <0.1`},
	{"a gate that nothing passes", `>=0.8 & <1`, `>=0.8 & <0.5`},
	{"fairness without a split", `{split: 25, `, `{`},
	{"a search over an unknown parameter", `space: max_depth`, `space: depth`},
	{"a candidate out of bounds", `[4, 6]`, `[4, 600]`},
	{"a schedule that is none", `"@daily"`, `"every day"`},
	{"a schedule that never falls due", `"@daily"`, `"0 0 31 2 *"`},
	{"a schedule with a zone that is none", `"@daily"`, `"CRON_TZ=Europe/Berln 30 2 * * *"`},
	{"a schedule with another zone", `"@daily"`, `"TZ=Europe/Berlin 30 2 * * *", timezone: "Asia/Tokyo"`},
	{"a schedule with an empty zone", `"@daily"`, `"TZ= 30 2 * * *"`},
	{"a schedule that is none after its zone", `"@daily"`, `"TZ=UTC TZ=UTC 30 2 * * *"`},
	{"a schedule that ends after its zone", `"@daily"`, `"CRON_TZ=Europe/Berlin"`},
	{"an empty schedule", `"@daily"`, `""`},
	{"an unknown time zone", `schedule: "@daily"`, `schedule: "@daily", timezone: "Europe/Berln"`},
	{"a time zone of this machine", `schedule: "@daily"`, `schedule: "@daily", timezone: "Local"`},
	{"a duration that is none", `window: "1h"`, `window: "an hour"`},
	{"a drift window of no length", `window: "1h"`, `window: "1ms"`},
	{"an empty duration", `window: "1h"`, `window: ""`},
	{"a delay that is none", `schedule: "@daily"`, `schedule: "@daily", retry_delay: "5 minutes"`},
	{"an empty delay", `schedule: "@daily"`, `schedule: "@daily", retry_delay: ""`},
	{"a timeout that is none", `schedule: "@daily"`, `schedule: "@daily", timeout: "1y"`},
	{"a timeout of no length", `schedule: "@daily"`, `schedule: "@daily", timeout: "10ms"`},
	{"a delay of a stage that is none", `schedule: "@daily"`,
		`schedule: "@daily", stages: x: {cmd: "true", retry_delay: "0s"}`},
	{"a timeout of a stage that is none", `schedule: "@daily"`,
		`schedule: "@daily", stages: x: {cmd: "true", timeout: "-1h"}`},
	{"a retention that is none", `source: "d.csv"`, `source: "d.csv", retention: "2 years"`},
	{"a pause that is none", `pause: "5m"`, `pause: "5 m"`},
	{"a pause of no length", `pause: "5m"`, `pause: "5ms"`},
	{"a limit that is none", `drift: window: "1h"`, `limits: timeout: "10"`},
	{"an objective over half an hour", `objective: 99.9`, `objective: 99.9, window: "30m"`},
	{"an objective over parts of minutes", `objective: 99.9`, `objective: 99.9, window: "1h1s"`},
	{"a threshold that is no duration", `threshold: "50ms"`, `threshold: "50 ms"`},
	{"a step of two things", `{setWeight: 10}`, `{setWeight: 10, pause: "1m"}`},
	{"an objective out of bounds", `99.9`, `101`},
	{"two strategies", `strategy: canary`, `strategy: rolling: {}, strategy: canary`},
	{"an unknown strategy", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`, `strategy: bluegreen: {}`},
	{"an analysis of an unknown metric", `{pause: "5m"}]`, `{analysis: metrics: agreemnt: >=0.98}]`},
	{"an analysis of a metric of another task", `{pause: "5m"}]`, `{analysis: metrics: r2: >=0.9}]`},
	{"an analysis without a metric", `{pause: "5m"}]`, `{analysis: metrics: {}}]`},
	{"a judged metric without a bound", `{pause: "5m"}]`, `{analysis: metrics: agreement: number}]`},
	{"a judged metric that is exact", `{pause: "5m"}]`, `{analysis: metrics: error_rate: 0.01}]`},
	{"a share that no traffic shows", `{pause: "5m"}]`, `{analysis: metrics: agreement: >=1}]`},
	{"a judged metric that nothing passes", `{pause: "5m"}]`, `{analysis: metrics: agreement: >=0.9 & <0.8}]`},
	{"a latency that is no duration", `{pause: "5m"}]`, `{analysis: metrics: latency_p99: <"50 ms"}]`},
	{"a latency with a bound below", `{pause: "5m"}]`, `{analysis: metrics: latency_p99: >"50ms"}]`},
	{"a text as the bound of a share", `{pause: "5m"}]`, `{analysis: metrics: error_rate: <"1%"}]`},
	{"a tolerance of classes", `{pause: "5m"}]`, `{analysis: {metrics: agreement: >=0.9, tolerance: 1}}]`},
	{"a confidence that is none", `{pause: "5m"}]`, `{analysis: {metrics: agreement: >=0.9, confidence: 95}}]`},
	{"a step that judges and waits", `{pause: "5m"}]`, `{pause: "5m", analysis: metrics: agreement: >=0.9}]`},
	{"a delay of blue-green that is none", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: blueGreen: scaleDownDelay: "30"`},
	{"a shadow without a queue", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: shadow: queue: 0`},
	{"a test by an unknown column", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "Agee", variants: {a: weight: 50, b: {weight: 50, version: 2}}}`},
	{"a test by no header", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "header:X User", variants: {a: weight: 50, b: {weight: 50, version: 2}}}`},
	{"a test of one variant", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "Age", variants: a: weight: 100}`},
	{"a test of variants that are the same", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "Age", variants: {a: weight: 50, b: {weight: 50, model: "m"}}}`},
	{"weights that do not make a whole", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "Age", variants: {a: weight: 50, b: {weight: 40, version: 2}}}`},
	{"a way in that asks nobody", `drift: window: "1h"`, `drift: window: "1h", expose: host: "e.example.com"`},
	{"certificates of callers that end at the way in", `drift: window: "1h"`,
		`access: mtls: secret: "tls", expose: host: "e.example.com"`},
	{"certificates of callers where there may be no pods", `drift: window: "1h"`,
		`access: mtls: secret: "tls", replicas: {min: 0, max: 2}`},
	{"a Secret that cannot be one", `drift: window: "1h"`, `access: mtls: secret: "Our TLS"`},
	{"a way in without a name", `drift: window: "1h"`, `access: keys: {}, expose: tls: existing: true`},
	{"a way in at no name of DNS", `drift: window: "1h"`, `access: keys: {}, expose: host: "https://e.example.com/"`},
	{"two ways in at one host", `endpoints: e: {`,
		`endpoints: b: {model: "m", access: keys: {}, expose: host: "e.example.com"}
	endpoints: e: {
		access: keys: {}, expose: host: "e.example.com"`},
	{"a router that another kind of object has", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", via: "ingress", router: "traefik"}`},
	{"a router that nobody knows", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", router: "traefic"}`},
	{"a certificate from nowhere", `drift: window: "1h"`, `access: keys: {}, expose: {host: "e.example.com", tls: {}}`},
	{"a certificate from two places", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", tls: {secret: "s", existing: true}}`},
	{"a certificate that a load balancer cannot have", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", router: "alb", tls: issuer: "letsencrypt"}`},
	{"names that a cluster and DNS refuse", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", tls: issuer: "Let's", dns: target: "http://lb"}`},
	{"a record of DNS that nobody keeps", `drift: window: "1h"`,
		`access: keys: {}, expose: {host: "e.example.com", dns: ttl: "10ms"}`},
	{"a variant of an unknown model", `strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`,
		`strategy: ab: {by: "Age", variants: {a: weight: 50, b: {weight: 50, model: "mm"}}}`},
	{"latency without a threshold", `, threshold: "50ms"`, ``},
	{"a text target", `target: "Status"`, `target: "Note"`},
	{"an algorithm for another task", `algorithm: "random_forest"`, `algorithm: "linear_regression"`},
	{"an overlay that does not fit", `replicas: {min: 2, max: 3}`, `replicas: {min: 5, max: 3}`},
	{"no pods ever", `replicas: {min: 2, max: 3}`, `replicas: {min: 0, max: 0}`},
	{"an overlay of a wrong type", `replicas: {min: 2, max: 3}`, `replicas: min: "two"`},
	{"an overlay of an unknown section", `prod: endpoints`, `prod: endpoint`},
	{"an overlay of an unknown endpoint", `prod: endpoints: e`, `prod: endpoints: f`},
	{"a name that is none", `datasets: d:`, `datasets: "My Data":`},
	{"a value that is none", `name: "p"`, `name: string`},
	{"a reference to nothing", `name: "p"`, `name: nme`},
	{"a source elsewhere", `source: "d.csv"`, `source: "../../d.csv"`},
	{"a pin of an unknown model", `name: "p"`, "name: \"p\"\n\tpins: x: {version: 1, model: \"sha256:" + zeros +
		"\", data: \"sha256:" + zeros + "\", plan: \"sha256:" + zeros + "\", evidence: \"sha256:" + zeros + "\"}"},
	{"a pin without digests", `name: "p"`, "name: \"p\"\n\tpins: m: {version: 0, model: \"x\"}"},
	{"two values for one thing", `name: "p"`, "name: \"p\"\n\tname: \"q\""},
	{"a source that is a web page", `source: "d.csv"`, `source: "https://example.com/d.csv"`},
	{"a source that is a database", `source: "d.csv"`, `source: "postgres://db/d"`},
	{"a source that is a bucket of another cloud", `source: "d.csv"`, `source: "gs://b/d.csv"`},
	{"a source that is a scheme with a slip", `source: "d.csv"`, `source: "s4://b/d.csv"`},
	{"an owner's address with a line end", `email: "t@example.com"`, `email: "t@example.com\nBcc: all@example.com"`},
	{"an owner's address of two", `email: "t@example.com"`, `email: "t@example.com, u@example.com"`},
	{"an owner's address with a name", `email: "t@example.com"`, `email: "T <t@example.com>"`},
	{"an owner's address without a domain", `email: "t@example.com"`, `email: "t@"`},
	{"an owner's address that is a word", `email: "t@example.com"`, `email: "t"`},
	{"a team of two lines", `team: "t"`, `team: "t\nu"`},
	{"an address to tell of failures with a line end", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: email: ["ok@example.com", "a@example.com\r\nBcc: b@example.com"]}`},
	{"an address to tell of failures that is none", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: email: ["ok@example.com", "oncall@"]}`},
	{"a webhook over http", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "http://hooks.example.com/x"}`},
	{"a webhook with a space", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://hooks.example.com/a b"}`},
	{"a webhook with a line end", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://hooks.example.com/a\nb"}`},
	{"a webhook with no host", `schedule: "@daily"}`, `schedule: "@daily", on_failure: webhook: "https://:443/x"}`},
	{"a webhook that does not parse", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://hooks.example.com/%zz"}`},
	{"a webhook at a link-local address", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://169.254.169.254/latest"}`},
	{"a webhook at a link-local address of IPv6", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://[fe80::1]:8443/x"}`},
	{"a webhook at a name of metadata", `schedule: "@daily"}`,
		`schedule: "@daily", on_failure: webhook: "https://metadata.google.internal./x"}`},
	{"MLflow at a link-local address within one of IPv6", `name: "p"`,
		`name: "p", tracking: mlflow: uri: "http://[::ffff:169.254.169.254]:5000"`},
	{"MLflow at a number", `name: "p"`, `name: "p", tracking: mlflow: uri: "http://2852039166:5000"`},
	{"W&B at a metadata address of AWS", `name: "p"`,
		`name: "p", tracking: wandb: {entity: "e", base_url: "http://[fd00:ec2::254]"}`},
	{"OpenLineage at a metadata address of Alibaba Cloud", `name: "p"`,
		`name: "p", tracking: openlineage: url: "http://100.100.100.200/api"`},
	{"a bucket at a link-local address", `source: "d.csv"`,
		`source: "s3://b/d.csv?region=eu-west-1&endpoint=http://169.254.169.254"`},
	{"a bucket at an encoded name of metadata", `source: "d.csv"`,
		`source: "s3://b/d.csv?endpoint=https%3A%2F%2Fmetadata%2F&region=eu-west-1"`},
	{"a bucket at an address without a scheme", `source: "d.csv"`, `source: "s3://b/d.csv?endpoint=168.63.129.16:80"`},
	{"a bucket at no host", `source: "d.csv"`, `source: "s3://b/d.csv?endpoint=https:///x"`},
	{"OpenLineage's file at a path that is absolute", `name: "p"`,
		`name: "p", tracking: openlineage: file: "/etc/lineage.jsonl"`},
	{"OpenLineage's file at a path that is above", `name: "p"`,
		`name: "p", tracking: openlineage: file: "../lineage.jsonl"`},
	{"OpenLineage's file at a path that is not short", `name: "p"`,
		`name: "p", tracking: openlineage: file: "a//lineage.jsonl"`},
	{"MLflow at a URL with a line end", `name: "p"`,
		`name: "p", tracking: mlflow: uri: "http://mlflow.example.com/\nx"`},
	{"a stage with an image with a space", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], image: "a b:1"}, `},
	{"a stage with an image with capitals", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], image: "Registry/Name:1"}, `},
	{"a stage with an image with half a digest", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], image: "a@sha256:123"}, `},
	{"a stage with memory that is none", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], memory: "2 Gi"}, `},
	{"a stage with memory without end", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], memory: "99999999999999Ti"}, `},
	{"a stage with no memory", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], memory: "0"}, `},
	{"a stage with cores that are none", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], cpu: "two"}, `},
	{"a stage with no core", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], cpu: "0.0"}, `},
	{"a stage with resources that are none", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], resources: memory: "2 Gi"}, `},
	{"a stage with memory stated twice", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], memory: "2Gi", resources: memory: "2Gi"}, `},
	{"a stage with too many cores", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], resources: cpu: "10001"}, `},
	{"a built-in stage with a GPU", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: train: resources: gpu: 1, `},
	{"a built-in stage with retries", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: train: {resources: memory: "1Gi", retries: 2}, `},
	{"a built-in stage with an unknown resource", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: train: resources: memroy: "1Gi", `},
	{"a pipeline with a GPU", `pipelines: l: {model: "m", `, `pipelines: l: {model: "m", resources: gpu: 1, `},
	{"a pipeline with cores that are none", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", resources: cpu: "2 cores", `},
	{"an endpoint with memory that is none", `endpoints: e: {`, `endpoints: e: {resources: memory: "1GB", `},
	{"an endpoint with too little memory", `endpoints: e: {`, `endpoints: e: {resources: memory: "16Mi", `},
	{"an endpoint with too much memory", `endpoints: e: {`, `endpoints: e: {resources: memory: "129Ti", `},
	{"an endpoint with a GPU that nothing uses", `endpoints: e: {`, `endpoints: e: {resources: {cpu: "1", gpu: 1}, `},
	{"an endpoint with GPUs below zero", `endpoints: e: {`, `endpoints: e: {resources: gpu: -1, `},
	{"an endpoint with a toleration of nothing", `endpoints: e: {`, `endpoints: e: {tolerations: [{value: "x"}], `},
	{"a stage with a key of a label", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], node_selector: "a b": "x"}, `},
	{"a stage with a value of a label", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], node_selector: disk: "very fast"}, `},
	{"a stage with a toleration of nothing", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], tolerations: [{operator: "Equal", value: "x"}]}, `},
	{"a stage with a toleration of two minds", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], tolerations: [{key: "gpu", operator: "Exists", value: "x"}]}, `},
	{"a stage with a toleration of a wrong key", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], tolerations: [{key: "a b"}]}, `},
	{"a stage with a toleration of a wrong value", `pipelines: l: {model: "m", `,
		`pipelines: l: {model: "m", stages: s: {cmd: "true", outs: ["o"], tolerations: [{key: "gpu", value: "a b"}]}, `},
	{"a pipeline with a name that only a cluster refuses", `pipelines: l: {`,
		`pipelines: "a-very-long-pipeline-name-that-goes-on-and-on-to-fifty": {`},
	{"an endpoint with a name that only a cluster refuses", `slos: s: {endpoint: "e"`,
		`endpoints: "an-endpoint-with-forty-one-characters-in-x": {model: "m"}
	slos: s: {endpoint: "e"`},
	{"an objective with a name that only a cluster refuses", `slos: s: {`,
		`slos: "an-objective-whose-name-is-as-long-as-sixty-characters-are-xy": {`},
	{"a system with a name that only a cluster refuses", `name: "p"`,
		`name: "a-system-with-a-name-of-forty-one-letters"`},
	{"a system with the name of a namespace of the cluster", `name: "p"`, `name: "kube-system"`},
	{"an environment with capitals", `{dev: {}`, `{Dev: {}`},
	{"an environment with a long name", `{dev: {}`, `{"pre-production": {}`},
	{"a number hashed", `Age: {type: "integer", sensitive: true}`,
		`Age: {type: "integer", sensitive: true, anonymise: "hash"}`},
	{"a flag masked", `Note: {type: "text"}`, `Note: {type: "boolean", anonymise: "mask"}`},
	{"a target anonymised", `values: ["bad", "good"]}`, `values: ["bad", "good"], anonymise: "hash"}`},
	{"groups of a dropped column", `Age: {type: "integer", sensitive: true}`,
		`Age: {type: "integer", sensitive: true, anonymise: "drop"}`},
	{"a feature that is dropped", `Home: {type: "category", nullable: true}`,
		`Home: {type: "category", anonymise: "drop"}}}, models: m: {features: ["Home"]}, datasets: d: {columns: {`},
	{"a stage that reads what is anonymised", `pipelines: l: {model: "m", schedule: "@daily"}`,
		`datasets: d: columns: Home: anonymise: "hash", pipelines: l: {model: "m", stages: s: {cmd: "cat d.csv", deps: ["d.csv"]}}`},
	{"a stage that makes what is anonymised", `pipelines: l: {model: "m", schedule: "@daily"}`,
		`datasets: d: columns: Home: anonymise: "hash", pipelines: l: {model: "m", stages: s: {cmd: "cat a > d.csv", outs: ["d.csv"]}}`},
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func loadAll(text string) error {
	_, err := LoadAll(fstest.MapFS{"p.cue": {Data: []byte(text)}}, ".")
	return err
}

// TestWrongInput holds every message to a golden file: they are read by people,
// so a change of wording should be seen in review.
func TestWrongInput(t *testing.T) {
	if err := loadAll(small); err != nil {
		t.Fatalf("the sound blueprint is not: %v", err)
	}
	var got strings.Builder
	for _, c := range wrong {
		if strings.Count(small, c.from) != 1 {
			t.Fatalf("%s: %q occurs %d times", c.name, c.from, strings.Count(small, c.from))
		}
		err := loadAll(strings.Replace(small, c.from, c.to, 1))
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want problems", c.name, err)
			continue
		}
		got.WriteString("# " + c.name + "\n" + problems.Error() + "\n\n")
		for _, p := range problems {
			if p.File == "" || p.Line == 0 || p.Message == "" {
				t.Errorf("%s: a problem without a place: %+v", c.name, p)
			}
		}
	}
	file := filepath.Join("testdata", "wrong.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("messages changed (-want +got):\n%s", diff)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	text := strings.NewReplacer(`dataset: "d"`, `dataset: "x"`, `endpoint: "e"`, `endpoint: "y"`, `column: "Age"`,
		`column: "z"`).Replace(small)
	var problems Problems
	if err := loadAll(text); !errors.As(err, &problems) || len(problems) < 3 {
		t.Errorf("got %v, want three problems at once", err)
	}
}
