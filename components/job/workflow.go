package job

// The parts of Argo Workflows' objects that we write, under Argo's names. A
// field of type any holds a type of Kubernetes' own.

type workflowTemplateSpec struct {
	Entrypoint            string           `pulumi:"entrypoint"`
	ServiceAccountName    string           `pulumi:"serviceAccountName"`
	ActiveDeadlineSeconds int              `pulumi:"activeDeadlineSeconds"`
	TTLStrategy           ttlStrategy      `pulumi:"ttlStrategy"`
	SecurityContext       any              `pulumi:"securityContext"`
	PodSpecPatch          string           `pulumi:"podSpecPatch"`
	Arguments             *arguments       `pulumi:"arguments"`
	OnExit                *string          `pulumi:"onExit"`
	Parallelism           *int             `pulumi:"parallelism"`
	Templates             []template       `pulumi:"templates"`
	Metrics               *metrics         `pulumi:"metrics"`
	Synchronization       *synchronization `pulumi:"synchronization"`
}

type arguments struct {
	Parameters []parameter `pulumi:"parameters"`
}

type parameter struct {
	Name  string  `pulumi:"name"`
	Value *string `pulumi:"value"`
}

type dag struct {
	Tasks []task `pulumi:"tasks"`
}

type task struct {
	Name         string     `pulumi:"name"`
	Template     string     `pulumi:"template"`
	Dependencies []string   `pulumi:"dependencies"`
	Arguments    *arguments `pulumi:"arguments"`
	WithSequence *sequence  `pulumi:"withSequence"`
}

type sequence struct {
	Count string `pulumi:"count"`
}

type synchronization struct {
	Mutexes []mutex `pulumi:"mutexes"`
}

type mutex struct {
	Name string `pulumi:"name"`
}

type ttlStrategy struct {
	SecondsAfterSuccess int `pulumi:"secondsAfterSuccess"`
	SecondsAfterFailure int `pulumi:"secondsAfterFailure"`
}

type template struct {
	Name           string            `pulumi:"name"`
	Metadata       *metadata         `pulumi:"metadata"`
	DAG            *dag              `pulumi:"dag"`
	Inputs         *arguments        `pulumi:"inputs"`
	Container      any               `pulumi:"container"`
	InitContainers any               `pulumi:"initContainers"`
	Volumes        any               `pulumi:"volumes"`
	NodeSelector   map[string]string `pulumi:"nodeSelector"`
	PriorityClass  *string           `pulumi:"priorityClassName"`
	RetryStrategy  *retryStrategy    `pulumi:"retryStrategy"`
	Affinity       any               `pulumi:"affinity"`
	Tolerations    any               `pulumi:"tolerations"`
}

type metadata struct {
	Labels      map[string]string `pulumi:"labels"`
	Annotations map[string]string `pulumi:"annotations"`
}

type retryStrategy struct {
	Limit       int     `pulumi:"limit"`
	RetryPolicy string  `pulumi:"retryPolicy"`
	Expression  string  `pulumi:"expression"`
	Backoff     backoff `pulumi:"backoff"`
}

type backoff struct {
	Duration    string `pulumi:"duration"`
	Factor      int    `pulumi:"factor"`
	MaxDuration string `pulumi:"maxDuration"`
}

type cronWorkflowSpec struct {
	Schedules                  []string         `pulumi:"schedules"`
	Timezone                   string           `pulumi:"timezone"`
	ConcurrencyPolicy          string           `pulumi:"concurrencyPolicy"`
	StartingDeadlineSeconds    int              `pulumi:"startingDeadlineSeconds"`
	SuccessfulJobsHistoryLimit int              `pulumi:"successfulJobsHistoryLimit"`
	FailedJobsHistoryLimit     int              `pulumi:"failedJobsHistoryLimit"`
	WorkflowMetadata           metadata         `pulumi:"workflowMetadata"`
	WorkflowSpec               workflowFromSpec `pulumi:"workflowSpec"`
}

type workflowFromSpec struct {
	WorkflowTemplateRef templateRef `pulumi:"workflowTemplateRef"`
}

type templateRef struct {
	Name string `pulumi:"name"`
}

type metrics struct {
	Prometheus []metric `pulumi:"prometheus"`
}

type metric struct {
	Name   string        `pulumi:"name"`
	Help   string        `pulumi:"help"`
	Labels []metricLabel `pulumi:"labels"`
	When   string        `pulumi:"when"`
	Gauge  gauge         `pulumi:"gauge"`
}

type metricLabel struct {
	Key   string `pulumi:"key"`
	Value string `pulumi:"value"`
}

type gauge struct {
	Realtime bool   `pulumi:"realtime"`
	Value    string `pulumi:"value"`
}
