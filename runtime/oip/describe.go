package oip

// Server describes a server.
type Server struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

// The extensions that are spoken here, by the names that Triton gave them.
const (
	BinaryData = "binary_tensor_data"
	Repository = "model_repository"
)

// Model describes a model.
type Model struct {
	Name     string     `json:"name"`
	Versions []string   `json:"versions"`
	Platform string     `json:"platform"`
	Inputs   []Metadata `json:"inputs"`
	Outputs  []Metadata `json:"outputs"`
}

// Metadata describes a tensor; -1 in a shape is any number.
type Metadata struct {
	Name     string   `json:"name"`
	Datatype Datatype `json:"datatype"`
	Shape    []int    `json:"shape"`
}

// Indexed is a model of a repository's index.
type Indexed struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	State   string `json:"state"` // READY or UNAVAILABLE
	Reason  string `json:"reason"`
}

// Failure is the body of every answer that is an error.
type Failure struct {
	Error string `json:"error"`
}
