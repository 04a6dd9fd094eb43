package plan

// Task is what a model predicts.
type Task string

// The tasks. The loader derives a model's task from its target column: a
// category with a positive class (or two values) is binary, any other category
// multiclass, a number regression.
const (
	Binary     Task = "binary"
	Multiclass Task = "multiclass"
	Regression Task = "regression"
)

// The algorithms and what each is for.
const (
	RandomForest       = "random_forest"       // every task
	GradientBoosting   = "gradient_boosting"   // every task
	LogisticRegression = "logistic_regression" // binary, multiclass
	LinearRegression   = "linear_regression"   // regression
	Custom             = "custom"              // every task: a custom stage learns
)

// The flavors of a custom model's artifact, by MLflow's names.
const (
	XGBoost  = "xgboost"  // Booster.save_model to JSON or UBJSON; scored by the runtime
	LightGBM = "lightgbm" // Booster.save_model as text; scored by the runtime
	ONNX     = "onnx"     // a pipeline of skl2onnx or onnxmltools; scored by the runtime
	PyFunc   = "pyfunc"   // anything that answers MLflow's scoring protocol; the runtime is its proxy
)

// Artifact is what the stage that trains a custom model leaves.
type Artifact struct {
	Flavor string `json:"flavor"`
	Path   string `json:"path"` // an out of the pipeline's stage train
	// Serve is the command of a pyfunc's server: it is started in a folder that
	// holds the artifact at its path, and listens at 127.0.0.1:$PORT.
	Serve []string `json:"serve,omitempty"`
	Image string   `json:"image,omitempty"` // that the server runs in on a cluster
}

// Model is a recipe: what is learnt from which data, and what must hold of the
// result before it may be registered, approved and served.
type Model struct {
	Description string `json:"description,omitempty"`
	Dataset     string `json:"dataset"`
	Target      string `json:"target"`
	Task        Task   `json:"task"`
	Positive    string `json:"positive,omitempty"` // the positive class of a binary target
	// sorted; resolved by the loader, never holds the target
	Features        []string         `json:"features"`
	Algorithm       string           `json:"algorithm"`
	Artifact        *Artifact        `json:"artifact,omitempty"` // of a custom model
	Params          Params           `json:"params"`
	Preprocessing   Preprocessing    `json:"preprocessing"`
	Split           Split            `json:"split"`
	CrossValidation *CrossValidation `json:"cross_validation,omitempty"`
	Search          *Search          `json:"search,omitempty"`
	Require         Require          `json:"require"`
	Approval        Approval         `json:"approval"`
}

// Preprocessing says how columns become features. It is fitted on the training
// split only.
type Preprocessing struct {
	Numeric string `json:"numeric"` // imputation: "median", "mean" or "none" (trees that route missing values)
	// encoding: "one_hot" or "ordinal"; missing and unknown have codes of their own
	Categorical string `json:"categorical"`
	Scale       bool   `json:"scale"` // standardise numeric features to mean 0, standard deviation 1
}

// Split divides the rows into a training and a test part.
type Split struct {
	TestSize   float64 `json:"test_size"` // share of rows held out, in (0, 1)
	Stratified bool    `json:"stratified"`
	// Key is the column whose value decides a row's side; "": all of its content.
	Key string `json:"key,omitempty"`
}

// CrossValidation is k-fold cross-validation on the training part.
type CrossValidation struct {
	Folds      int  `json:"folds"`
	Stratified bool `json:"stratified"`
}

// Search tries several parameter sets by cross-validation and keeps the best.
type Search struct {
	Method string           `json:"method"`         // "grid" or "random"
	Trials int              `json:"trials"`         // of a random search
	Metric string           `json:"metric"`         // a metric's name; losses and errors are minimised
	Space  map[string][]any `json:"space"`          // parameter -> candidates
	Folds  int              `json:"folds"`          // when the model has no cross_validation
	Seed   uint64           `json:"seed,omitempty"` // 0: derived from the plan's
}

// Require are a model's gates.
type Require struct {
	Metrics    map[string]Predicate       `json:"metrics,omitempty"`    // metric -> what must hold on the test part
	Fairness   map[string]Fairness        `json:"fairness,omitempty"`   // sensitive column -> what must hold
	Robustness map[string]RobustnessCheck `json:"robustness,omitempty"` // "missing" or "noise" -> what must hold
}

// Fairness are gates over the groups that one sensitive column makes.
type Fairness struct {
	// Split cuts a numeric column into groups: [25, 60] makes "<25", "25..60"
	// (60 excluded) and ">=60". Empty for a category, whose values are the groups.
	Split []float64 `json:"split,omitempty"`
	// MinGroup is the least number of test rows for a group to be judged.
	MinGroup int `json:"min_group"`
	// demographic_parity_ratio, demographic_parity_difference, equalized_odds_difference
	Metrics map[string]Predicate `json:"metrics"`
}

// RobustnessCheck are gates on metrics after the test part has been disturbed.
type RobustnessCheck struct {
	// "missing": share of cells removed; "noise": standard deviations added
	Fraction float64              `json:"fraction"`
	Metrics  map[string]Predicate `json:"metrics"`
}

// Approval says who must agree before a version may be served.
type Approval struct {
	Policy    string   `json:"policy"`    // "auto" or "manual"
	Approvers []string `json:"approvers"` // empty: anyone; otherwise people, or groups
	Count     int      `json:"count"`     // distinct approvers needed
	NotAuthor bool     `json:"not_author"`
}
