package plan

// Tracking is where runs are told of. No field is a secret.
type Tracking struct {
	MLflow      *MLflow      `json:"mlflow,omitempty"`
	WandB       *WandB       `json:"wandb,omitempty"`
	OpenLineage *OpenLineage `json:"openlineage,omitempty"`
}

// WandB is a server of Weights & Biases.
type WandB struct {
	BaseURL string `json:"base_url"`
	Entity  string `json:"entity"`
	Project string `json:"project,omitempty"` // empty: the blueprint's name
}

// MLflow is a tracking server.
type MLflow struct {
	URI        string `json:"uri"`
	Experiment string `json:"experiment,omitempty"` // empty: the blueprint's name
}

// OpenLineage is where run events go: a server or a file, exactly one of them.
type OpenLineage struct {
	URL       string `json:"url,omitempty"`
	File      string `json:"file,omitempty"`      // relative to the blueprint's folder
	Namespace string `json:"namespace,omitempty"` // of jobs; empty: the blueprint's name
}
