package architecture

// rule says what the packages under a folder may import. The longest matching
// folder decides. Test files may also import anything of their own folder's
// subtree and the test libraries.
type rule struct {
	folder  string
	ours    []string // folders of ours, subtrees included
	foreign []string // prefixes of other modules; "*" allows any
}

// law is DESIGN's import law. Anything unlisted is forbidden.
var law = []rule{
	{folder: "blueprints/plan"},
	{folder: "blueprints/plan/nearest", foreign: []string{"github.com/agnivade/levenshtein"}},
	{folder: "blueprints/schema"},
	{
		folder:  "blueprints",
		ours:    []string{"blueprints/plan", "blueprints/schema", "blueprints"},
		foreign: []string{"cuelang.org/go"},
	},
	{
		folder:  "runtime",
		ours:    []string{"blueprints/plan", "runtime"},
		foreign: []string{"*"},
	},
	{
		// One value as text: no rows, no files.
		folder: "runtime/dataset/literal",
		ours:   []string{"blueprints/plan"},
	},
	{
		// Where files are, not what is in them.
		folder:  "runtime/dataset/origin",
		ours:    []string{"blueprints/plan", "runtime/dataset/literal"},
		foreign: []string{"gocloud.dev", "golang.org/x/sys"},
	},
	{
		// Two samples and what is known of them: no windows, no plan.
		folder:  "runtime/drift/statistic",
		ours:    []string{"runtime/crash"},
		foreign: []string{"gonum.org/v1/gonum"},
	},
	{
		// Keys and what is kept under them, in whatever has refs.
		folder: "runtime/pipeline/cache",
		ours:   []string{"blueprints/plan", "runtime/artifact"},
	},
	{
		// One command at a time: no pipeline, and no record.
		folder: "runtime/pipeline/custom",
		ours: []string{"blueprints/plan", "runtime/artifact", "runtime/command", "runtime/confine",
			"runtime/store"},
		foreign: []string{"github.com/gofrs/flock"},
	},
	{
		// Counts in, a verdict out: whoever asks does the rest.
		folder: "runtime/judge",
		ours:   []string{"blueprints/plan"},
	},
	{
		// The counts of several processes: given their addresses, and a client.
		folder:  "runtime/judge/peers",
		ours:    []string{"blueprints/plan", "runtime/crash", "runtime/judge", "runtime/tracing"},
		foreign: []string{"golang.org/x/sync/errgroup"},
	},
	{
		// Names and edges: what a node does is given.
		folder: "runtime/pipeline/scheduler",
		ours:   []string{"runtime/crash"},
	},
	{
		// The record of a run is read by what knows no pipeline.
		folder: "runtime/run",
		ours:   []string{"blueprints/plan", "runtime/artifact", "runtime/confine", "runtime/store", "runtime/tuning"},
	},
	{
		folder:  "stacks/local",
		ours:    []string{"blueprints/plan", "runtime", "stacks/local"},
		foreign: []string{"*"},
	},
	{
		// A repository on GitHub, whatever blueprint is in it.
		folder:  "stacks/github",
		ours:    []string{"stacks/github", "runtime/outbound"},
		foreign: []string{"github.com/google/go-github/v60", "github.com/bradleyfalzon/ghinstallation/v2"},
	},
	{
		// Packs are CUE that people wrote, read as blueprints are.
		folder:  "policies",
		ours:    []string{"blueprints/plan", "blueprints/source", "policies"},
		foreign: []string{"cuelang.org/go", "github.com/owenrumney/go-sarif", "go.yaml.in/yaml/v3"},
	},
	{
		folder:  "templates",
		ours:    []string{"blueprints/plan", "templates"},
		foreign: []string{"github.com/grafana/grafana-foundation-sdk/go"}, // dashboards in Grafana's own types
	},
	{
		// Arguments are plain values, so that a component can be used without
		// a blueprint.
		folder:  "components",
		ours:    []string{"components"},
		foreign: []string{"github.com/pulumi/"},
	},
	{
		// Where a plan is deployed: plain values, without Pulumi.
		folder: "stacks/aws/config",
		ours:   []string{"blueprints/plan"},
	},
	{
		// What each workload may touch, whatever a stack's config says.
		folder:  "stacks/aws/lineage",
		ours:    []string{"blueprints/plan", "components"},
		foreign: []string{"github.com/pulumi/pulumi/sdk"},
	},
	{
		// The job of whoever owns the database, in either layer.
		folder:  "stacks/aws/migration",
		ours:    []string{"blueprints/plan", "components", "stacks/aws/config", "stacks/aws/lineage"},
		foreign: []string{"github.com/pulumi/pulumi/sdk"},
	},
	{
		// What AWS says of the parts that exist. It only asks.
		folder:  "stacks/aws/existing",
		ours:    []string{"components", "stacks/aws/config"},
		foreign: []string{"github.com/pulumi/"},
	},
	{
		// What an environment's blueprints share. It takes nothing from them.
		folder: "stacks/aws/foundation",
		ours: []string{"blueprints/plan", "components", "templates/workflows",
			"stacks/aws/config", "stacks/aws/existing", "stacks/aws/lineage", "stacks/aws/migration"},
		foreign: []string{"github.com/pulumi/"},
	},
	{
		folder:  "stacks/aws",
		ours:    []string{"blueprints/plan", "components", "templates", "stacks/aws"},
		foreign: []string{"github.com/pulumi/"},
	},
	{
		// What a cluster says before anything is deployed to it. It only asks.
		folder:  "stacks/cluster",
		foreign: []string{"k8s.io/client-go"},
	},
	{
		// What a cluster has cost, whatever ran in it.
		folder: "stacks/opencost",
		ours:   []string{"runtime/outbound"},
	},
	{
		// Findings, and what they are classified by: no client of anything.
		folder: "stacks/drift",
		ours:   []string{"stacks/drift"},
	},
	{
		// Blueprints with values of a cluster. No client of anything, no file is written.
		folder: "stacks/drift/accept",
		ours:   []string{"blueprints", "stacks/drift"},
	},
	{
		// How a cluster differs from what was rendered for it.
		folder: "stacks/drift/live",
		ours:   []string{"stacks/cluster", "stacks/drift"},
		foreign: []string{"go.yaml.in/yaml/v3", "k8s.io/apimachinery/pkg/api/resource",
			"sigs.k8s.io/structured-merge-diff/v6/fieldpath"},
	},
	{
		// What a stack's cluster has already: a report, and a key of a stack's config.
		folder:  "stacks/standing",
		foreign: []string{"go.yaml.in/yaml/v3"},
	},
	{
		// What a Pulumi program registers, written down and written out.
		folder:  "stacks/record",
		ours:    []string{"runtime/crash", "stacks/record"},
		foreign: []string{"github.com/pulumi/"},
	},
	{
		folder:  "stacks/render",
		ours:    []string{"stacks/record", "stacks/wave", "stacks/render"},
		foreign: []string{"github.com/pulumi/", "go.yaml.in/yaml/v3", "github.com/google/renameio/v2"},
	},
	{
		// In which order kinds of objects are applied, for all that apply them.
		folder: "stacks/wave",
	},
	{
		// One artifact of manifests that were rendered, whoever rendered them.
		folder:  "stacks/bundle",
		ours:    []string{"blueprints/plan", "stacks/image", "stacks/wave", "stacks/bundle"},
		foreign: []string{"github.com/google/go-containerregistry", "go.yaml.in/yaml/v3"},
	},
	{
		// The image that workloads run is made of a binary, not of a plan.
		folder: "stacks/image",
		ours:   []string{"runtime/crash", "runtime/outbound", "stacks/image"},
		foreign: []string{"github.com/google/go-containerregistry", "github.com/CycloneDX/cyclonedx-go",
			"golang.org/x/crypto/x509roots"},
	},
	{
		// A program for releases: the bill of what was built.
		folder:  "stacks/image/bill",
		ours:    []string{"blueprints/plan", "stacks/image"},
		foreign: []string{"github.com/google/renameio/v2"},
	},
	{
		// An AWS account before there is a Pulumi program.
		folder:  "stacks/account",
		ours:    []string{"stacks/account"},
		foreign: []string{"github.com/aws/"},
	},
	{
		// Commits of the repository around a blueprint.
		folder: "stacks/revision",
		ours:   []string{"policies", "stacks/revision"},
	},
	{
		// The impact of a change: plans, verdicts, data and resources of two revisions.
		folder: "stacks/review",
		ours: []string{"blueprints", "policies", "templates/consequence", "runtime/crash", "runtime/dataset",
			"runtime/pipeline", "runtime/validate", "stacks/revision", "stacks/review"},
		foreign: []string{"golang.org/x/sync/errgroup"},
	},
	{
		// The first blueprint for a table. Its tests load and validate it.
		folder: "stacks/draft",
		ours: []string{"blueprints", "runtime/advise", "runtime/dataset", "runtime/validate", "templates/starter",
			"stacks/draft"},
		foreign: []string{"golang.org/x/text"},
	},
	{
		// What is worth knowing of a blueprint before anything is built.
		folder: "stacks/advice",
		ours: []string{"blueprints", "policies", "runtime/advise", "runtime/dataset",
			"runtime/judge", "runtime/run", "runtime/validate", "stacks/advice"},
	},
	{
		// Pins in a repository, their evidence, and the findings about both.
		folder:  "stacks/promote",
		ours:    []string{"blueprints", "policies", "runtime/govern", "stacks/promote"},
		foreign: []string{"github.com/google/renameio/v2"},
	},
	{
		// The flags that a verb of the CLI and one of the Pulumi program share.
		folder:  "cmd/rendering",
		foreign: []string{"github.com/spf13/pflag"},
	},
	{
		// Verbs: flags, a call, output. Of the runtime they know the types that they
		// print, and not what makes them.
		folder: "cmd/ashlar",
		ours: []string{"blueprints", "policies", "templates", "stacks/local", "stacks/image", "stacks/bundle",
			"stacks/github",
			"stacks/account", "stacks/drift", "stacks/standing", "stacks/opencost", "stacks/revision", "stacks/review", "stacks/promote",
			"stacks/draft", "stacks/advice",
			"runtime/access", "runtime/backup", "runtime/crash", "runtime/dataset", "runtime/govern", "runtime/login",
			"runtime/pipeline", "runtime/registry", "runtime/release", "runtime/retain", "runtime/rollout",
			"runtime/run", "runtime/schedule",
			"runtime/store", "runtime/tuning", "cmd/rendering", "cmd/ashlar"},
		foreign: []string{"*"},
	},
	{
		// The only place where CUE and Pulumi meet.
		// DAGs are made here, of the stages that the stack describes as plain values
		// and not of its types: templates know no Pulumi.
		folder: "cmd/ashlar-stack",
		ours: []string{"blueprints", "policies", "stacks/aws", "stacks/cluster", "stacks/drift", "stacks/standing", "stacks/record",
			"stacks/render", "stacks/revision", "templates/airflow", "runtime/crash", "cmd/rendering", "cmd/ashlar-stack"},
		foreign: []string{"*"},
	},
	{
		// Pulumi speaks to it over gRPC; it knows no blueprint.
		folder: "cmd/pulumi-analyzer-policy-cue",
		ours: []string{"blueprints/plan", "blueprints/source", "policies", "runtime/crash",
			"cmd/pulumi-analyzer-policy-cue"},
		foreign: []string{"*"},
	},
	{
		folder:  "cmd/ashlar-runtime",
		ours:    []string{"blueprints/plan", "runtime", "cmd/ashlar-runtime"},
		foreign: []string{"*"},
	},
	{
		// Writes the pages of docs as HTML; it knows no blueprint.
		folder:  "docs/site",
		ours:    []string{"blueprints/plan"}, // to read within bounds
		foreign: []string{"github.com/yuin/goldmark"},
	},
	{
		folder:  "tests",
		ours:    []string{"blueprints", "runtime", "components", "policies", "stacks", "templates", "cmd", "tests"},
		foreign: []string{"*"},
	},
}

// heavy are the libraries that stay behind one seam each, whatever the law's
// "*" says: prefix -> folders that may import it.
var heavy = map[string][]string{
	"cuelang.org/go": {"blueprints", "policies", "tests"},
	"github.com/pulumi/": {"components", "stacks/aws", "stacks/record", "stacks/render", "cmd/ashlar-stack",
		"cmd/pulumi-analyzer-policy-cue", "tests"},
	"k8s.io/":                  {"stacks/cluster", "stacks/drift/live", "tests"},
	"github.com/spf13/cobra":   {"cmd", "tests/flags"},
	"modernc.org/sqlite":       {"runtime/registry"},
	"github.com/jackc/pgx":     {"runtime/registry", "tests"},
	"github.com/aws/":          {"runtime/login", "runtime/store", "stacks/account"},
	"github.com/google/go-con": {"stacks/image", "stacks/bundle", "cmd/ashlar", "tests"},
	"github.com/google/go-git": {"stacks/github"},
	"github.com/parquet-go":    {"runtime/dataset"},
	"github.com/getkin/kin-op": {},
	"go.opentelemetry.io/":     {"runtime/tracing", "tests/collector"},
	"github.com/robfig/cron":   {}, // what Kubernetes and Argo read schedules with, to compare with
}

// testOnly may be imported by test files anywhere.
var testOnly = []string{"github.com/google/go-cmp", "github.com/google/cel-go", "github.com/rogpeppe/go-internal",
	"github.com/getkin/kin-openapi", "gonum.org/v1/gonum", "github.com/rhysd/actionlint",
	"go.yaml.in/yaml/v3", "github.com/robfig/cron",
	"github.com/santhosh-tekuri/jsonschema", module + "/tests/zones", module + "/tests/flags", module +
		"/tests/answers", module + "/tests/bombs", module + "/tests/releases",
	module + "/tests/collector"}
