package plan

// Tracking is where runs are told of. No field is a secret.
type Tracking struct {
	MLflow      *MLflow      `json:"mlflow,omitempty"`
	OpenLineage *OpenLineage `json:"openlineage,omitempty"`
}

// MLflow is a tracking server.
type MLflow struct {
	URI        string `json:"uri"`
	Experiment string `json:"experiment,omitempty"` // empty: the blueprint's name
}

// OpenLineage is a server that takes run events.
type OpenLineage struct {
	URL       string `json:"url"`
	Namespace string `json:"namespace,omitempty"` // of jobs; empty: the blueprint's name
}
