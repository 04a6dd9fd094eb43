package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
)

// Served is a version of a model behind an endpoint.
type Served struct {
	Model    *model.Model
	Version  int    // in the registry
	Digest   string // of the model file
	Observer Observer
	// Metrics are those of the version's evaluation, by scikit-learn's names.
	// They are exported, for an objective on them to be watched; nil: the model
	// file's own.
	Metrics map[string]float64
	// Descriptions of columns, for people who read explanations; those of others
	// than the model's inputs are not looked at.
	Descriptions map[string]string
}

// Observer hears of every row that was predicted, for drift monitoring.
//
// It is called on the request's goroutine, many at a time, before the answer is
// written: it must not block, and should not allocate. The slices have one entry
// an input of the signature and belong to the caller; copy what is kept. A
// missing value is NaN in values whatever the input's type. A category or text
// has its index among the encoder's categories in values (their number where
// training never saw it) and itself in texts, a string that may be kept; numbers,
// booleans and timestamps are as in a dataset's frame, with "" in texts.
// score.Proba too is the caller's.
type Observer interface {
	Observe(values []float64, texts []string, score model.Score)
}

// input is what a request may hold for one input of the signature.
type input struct {
	name     string
	kind     plan.ColumnType
	nullable bool
	// coded inputs, categories and texts, are scored by an index among the
	// categories; the others by their value.
	coded      bool
	nulls      dataset.Nulls
	categories []string         // known ones, sorted
	known      map[string]int32 // category -> index
	cell       privacy.Cell     // what is done to a value first
}

// generation is everything that serving one version takes, resolved once. It is
// immutable but for its pool.
type generation struct {
	Served
	inputs  []input
	index   map[string]int  // input's name -> position
	dropped map[string]bool // columns that a row may name and that nothing looks at
	names   []string
	labels  [][]byte // as JSON texts
	classes [][]byte // labels, as they are
	number  string   // the version's
	outputs []string // names of the tensors of an answer that explains nothing
	quoted  [][]byte // names, as JSON texts
	about   [][]byte // descriptions, as JSON texts; nil where there is none
	target  []byte   // as a JSON text
	// explainer is made with the first request for an explanation: most models
	// are never asked for one.
	explainer func() (*explain.Explainer, error)
	tail      []byte // what ends every answer: model and version
	openapi   []byte
	metrics   handles
	// Its workers hold a scorer of this model, so they die with the generation.
	workers sync.Pool
}

// newGeneration checks a version and prepares all that its requests need. It
// fails where the model file is inconsistent or where a hashed input's key is
// not among the server's keys: serving without it would produce pseudonyms that
// training never saw.
func (s *Server) newGeneration(v Served) (*generation, error) {
	if v.Model == nil {
		return nil, errors.New("served: no model given; to stop serving, swap nil in")
	}
	if err := v.Model.Check(); err != nil {
		return nil, fmt.Errorf("version %d: %w", v.Version, err)
	}
	g := &generation{Served: v, index: make(map[string]int, len(v.Model.Signature.Inputs)), dropped: map[string]bool{}}
	for _, name := range v.Model.Signature.Dropped {
		g.dropped[name] = true
	}
	for i, f := range v.Model.Signature.Inputs {
		in := input{name: f.Name, kind: f.Type, nullable: f.Nullable,
			coded: f.Type == plan.Category || f.Type == plan.Text,
			nulls: dataset.NewNulls(f.NullTexts(), f.Type)}
		var err error
		if in.cell, err = privacy.NewCell(f.Anonymise, f.Type, v.Model.Signature.PseudonymKey,
			s.cfg.Keys.Keyring); err != nil {
			return nil, fmt.Errorf("version %d: input %s: %w", v.Version, f.Name, err)
		}
		if in.coded {
			in.categories = v.Model.Encoder.Fields[i].Categories
			in.known = make(map[string]int32, len(in.categories))
			for k, c := range in.categories {
				in.known[c] = int32(k) //nolint:gosec // a model's columns are bounded far below
			}
		}
		g.inputs, g.names, g.index[f.Name] = append(g.inputs, in), append(g.names, f.Name), i
		var about []byte
		if text := v.Descriptions[f.Name]; text != "" {
			about = quoted(text)
		}
		g.quoted, g.about = append(g.quoted, quoted(f.Name)), append(g.about, about)
	}
	g.number, g.outputs = strconv.Itoa(v.Version), outputsOf(v.Model.Task)
	g.target = quoted(v.Model.Signature.Target)
	g.explainer = sync.OnceValues(func() (*explain.Explainer, error) { return explain.New(v.Model) })
	for _, l := range v.Model.Signature.Labels {
		g.labels, g.classes = append(g.labels, quoted(l)), append(g.classes, []byte(l))
	}
	g.tail = fmt.Appendf(nil, `,"model":%s,"version":%d}`+"\n", quoted(v.Model.Name), v.Version)
	var err error
	if g.openapi, err = document(s.cfg.Endpoint, &g.Served, s.limits); err != nil {
		return nil, fmt.Errorf("version %d: %w", v.Version, err)
	}
	g.metrics = s.cfg.Metrics.resolve(s.cfg.Endpoint, v.Model.Name, strconv.Itoa(v.Version), g.inputs)
	g.workers.New = func() any { return newWorker(g, s.limits) }
	return g, nil
}

// quality are the metrics of the version's evaluation.
func (g *generation) quality() map[string]float64 {
	if g.Metrics != nil {
		return g.Metrics
	}
	return g.Model.Metrics
}

// infoLabels are model_info's label values in the order that NewMetrics gives
// the labels; Prometheus matches them by position.
func (g *generation) infoLabels(endpoint string) []string {
	m := g.Model
	return []string{endpoint, m.Name, strconv.Itoa(g.Version), m.Algorithm, string(m.Task), g.Digest}
}

// quoted returns a text as JSON, safe inside HTML too.
func quoted(text string) []byte {
	b, err := json.Marshal(text)
	if err != nil { // texts always encode
		return []byte(`""`)
	}
	return b
}
