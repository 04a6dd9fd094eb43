// Package lockfile is what a pipeline's own stages have read and made, as the
// store keeps it: the content of a dvc.lock of schema 2.0. Package dvc writes it
// as DVC's YAML; it is a package of its own because workloads keep locks and never write
// that file, and the runtime that every node pulls has no need of a YAML library.
package lockfile

// File is the lock of one pipeline.
type File struct {
	Schema string           `json:"schema" yaml:"schema"` // "2.0"
	Stages map[string]Stage `json:"stages" yaml:"stages"`
}

// Stage is what one stage has read and made.
type Stage struct {
	Cmd    any                       `json:"cmd" yaml:"cmd"` // a text, or a list of them
	Deps   []Entry                   `json:"deps,omitempty" yaml:"deps,omitempty"`
	Params map[string]map[string]any `json:"params,omitempty" yaml:"params,omitempty"` // file -> key -> value
	Outs   []Entry                   `json:"outs,omitempty" yaml:"outs,omitempty"`
}

// Entry is a file or a folder.
type Entry struct {
	Path   string `json:"path" yaml:"path"`
	Hash   string `json:"hash" yaml:"hash"` // "md5"
	MD5    string `json:"md5" yaml:"md5"`   // as DVC computes it; of a folder with ".dir" behind
	Size   int64  `json:"size" yaml:"size"` // bytes
	NFiles int    `json:"nfiles,omitempty" yaml:"nfiles,omitempty"`
}
