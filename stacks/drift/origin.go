package drift

import (
	"regexp"
	"strings"
)

// Origin is the field of a blueprint that alone decides the value of an object's field.
type Origin struct {
	Blueprint   string `json:"blueprint"`
	Environment string `json:"environment"`
	Field       string `json:"field"` // "endpoints.scoring.replicas.max"
}

// The labels that say of which concept of which blueprint an object is.
const (
	labelBlueprint   = "app.kubernetes.io/instance"
	labelConcept     = "app.kubernetes.io/component"
	labelName        = "app.kubernetes.io/name"
	labelEnvironment = "ashlar.dev/environment"
)

// source says which field of a concept decides a field of an object. Fields that people
// could only give back together with others, such as an autoscaler's metrics, are left
// out, and so are those whose class is security.
type source struct {
	kinds, concept string
	path           *regexp.Regexp
	field          string // NAME is the concept's
}

// The first container is the runtime's; Pulumi counts where the API server names.
const (
	containers = `^spec\.template\.spec\.containers\[(name=ashlar|0)\]\.resources\.`
	ofRuns     = `^spec\.jobTemplate\.spec\.template\.spec\.containers\[(name=ashlar|0)\]\.resources\.`
)

var sources = []source{
	{"HorizontalPodAutoscaler", "endpoint", at(`^spec\.minReplicas$`), "endpoints.NAME.replicas.min"},
	{"HorizontalPodAutoscaler", "endpoint", at(`^spec\.maxReplicas$`), "endpoints.NAME.replicas.max"},
	{"ScaledObject", "endpoint", at(`^spec\.minReplicaCount$`), "endpoints.NAME.replicas.min"},
	{"ScaledObject", "endpoint", at(`^spec\.maxReplicaCount$`), "endpoints.NAME.replicas.max"},
	{"Deployment Rollout", "endpoint", at(containers + `requests\.cpu$`), "endpoints.NAME.resources.cpu"},
	{"Deployment Rollout", "endpoint", at(containers + `(requests|limits)\.memory$`), "endpoints.NAME.resources.memory"},
	{"Deployment Rollout", "endpoint", at(containers + `limits\[nvidia\.com/gpu\]$`), "endpoints.NAME.resources.gpu"},
	{"CronJob", "pipeline", at(ofRuns + `requests\.cpu$`), "pipelines.NAME.resources.cpu"},
	{"CronJob", "pipeline", at(ofRuns + `(requests|limits)\.memory$`), "pipelines.NAME.resources.memory"},
	{"CronJob", "pipeline", at(`^spec\.schedule$`), "pipelines.NAME.schedule"},
	{"CronJob", "pipeline", at(`^spec\.timeZone$`), "pipelines.NAME.timezone"},
}

// OriginOf returns which field of a blueprint decides an object's field, or the zero
// Origin where none does. labels are those of the object as the program makes it: those
// of the cluster are whatever somebody has written there.
func OriginOf(kind, path string, labels map[string]string) Origin {
	for _, s := range sources {
		if !strings.Contains(" "+s.kinds+" ", " "+kind+" ") || s.concept != labels[labelConcept] ||
			!s.path.MatchString(path) {
			continue
		}
		name, blueprint, environment := labels[labelName], labels[labelBlueprint], labels[labelEnvironment]
		if name == "" || blueprint == "" || environment == "" {
			return Origin{}
		}
		return Origin{blueprint, environment, strings.Replace(s.field, "NAME", name, 1)}
	}
	return Origin{}
}

// labelsOf are the labels in a Kubernetes object's metadata, as JSON decodes it.
func labelsOf(object map[string]any) map[string]string {
	meta, _ := object["metadata"].(map[string]any)
	all, _ := meta["labels"].(map[string]any)
	out := make(map[string]string, len(all))
	for key, v := range all {
		out[key], _ = v.(string)
	}
	return out
}

// From fills in which field of a blueprint decides the finding's value. object is the
// one that the program makes.
func (f Finding) From(kind string, object map[string]any) Finding {
	if f.Class != Security && f.Found != "" && (f.Change == Changed || f.Change == Added) {
		f.Origin = OriginOf(kind, f.Path, labelsOf(object))
	}
	return f
}
