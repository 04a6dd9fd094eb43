// Package pod is what every pod of ours has in common, whichever engine starts
// it: confined as Pod Security's "restricted" level asks and further (read-only
// root, no token of the API server), the plan mounted, memory bounded. The
// components that run pods share it, so that none can forget a line of it.
package pod

import (
	"maps"
	"slices"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Where things are inside a pod.
const (
	PlanDir  = "/etc/ashlar"
	PlanFile = "plan.json" // key of the ConfigMap
	TempDir  = "/tmp"

	CodeDir = "/etc/ashlar-code"
	// KeysDir holds the keys of pseudonyms, in the file PseudonymKeys.
	KeysDir       = "/etc/ashlar-keys"
	PseudonymKeys = "keys" // key of the Secret
	RuntimeDir    = "/ashlar"
	// Installed is the runtime in a container whose image is a user's own.
	Installed = RuntimeDir + "/ashlar-runtime"
	// GPUResource is what the device plugin of the usual GPUs counts.
	GPUResource = "nvidia.com/gpu"
	// ArchLabel is Kubernetes' label of a node's processor, and the key of the taint on
	// nodes of ARM, whose other images do not run there.
	ArchLabel = "kubernetes.io/arch"
	ARM       = "arm64"
	// CapacityTaint is the key of the taint on nodes that can be taken away.
	CapacityTaint = "ashlar.dev/capacity"
	Spot          = "spot"

	Name = "ashlar" // of the container

	user = 65532 // "nonroot" of images made from scratch
)

// disrupt is Karpenter's word for a pod that must end by itself.
const disrupt = "karpenter.sh/do-not-disrupt"

// Template returns the pod's metadata and spec.
func (a *Args) Template(change ...func(*corev1.ContainerArgs, *corev1.PodSpecArgs)) *corev1.PodTemplateSpecArgs {
	container, spec := a.Container(), a.spec()
	for _, f := range change {
		f(&container, &spec)
	}
	spec.Containers = corev1.ContainerArray{container}
	return &corev1.PodTemplateSpecArgs{Metadata: a.Metadata(), Spec: spec}
}

// Metadata returns the pod's labels and annotations.
func (a *Args) Metadata() *metav1.ObjectMetaArgs {
	m := &metav1.ObjectMetaArgs{Labels: pulumi.ToStringMap(a.Labels)}
	if notes := a.Annotations(); len(notes) > 0 {
		m.Annotations = pulumi.ToStringMap(notes)
	}
	return m
}

// Annotations returns the pod's annotations; none is nil.
func (a *Args) Annotations() map[string]string {
	if !a.DoNotDisrupt && len(a.Notes) == 0 {
		return nil
	}
	out := map[string]string{}
	maps.Copy(out, a.Notes)
	if a.DoNotDisrupt {
		out[disrupt] = "true"
	}
	return out
}

func (a *Args) spec() corev1.PodSpecArgs {
	s := corev1.PodSpecArgs{
		ServiceAccountName:           pulumi.String(a.ServiceAccount),
		AutomountServiceAccountToken: pulumi.Bool(false),
		EnableServiceLinks:           pulumi.Bool(false),
		SecurityContext:              Security(),
		Volumes:                      a.Volumes(),
		InitContainers:               a.InitContainers(),
		Affinity:                     a.Affinity(),
		Tolerations:                  a.Tolerations(),
		NodeSelector:                 a.Nodes(),
	}
	if a.PriorityClass != "" {
		s.PriorityClassName = pulumi.String(a.PriorityClass)
	}
	if a.Grace > 0 {
		s.TerminationGracePeriodSeconds = pulumi.Int(a.Grace)
	}
	return s
}

// Security is the pod's security context.
func Security() *corev1.PodSecurityContextArgs {
	return &corev1.PodSecurityContextArgs{
		RunAsNonRoot:   pulumi.Bool(true),
		RunAsUser:      pulumi.Int(user),
		RunAsGroup:     pulumi.Int(user),
		FsGroup:        pulumi.Int(user),
		SeccompProfile: corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
}

// Container returns the pod's only container.
func (a *Args) Container() corev1.ContainerArgs {
	c := corev1.ContainerArgs{
		Name:                     pulumi.String(Name),
		Image:                    a.Image.ToStringOutput(),
		ImagePullPolicy:          pulumi.String("IfNotPresent"),
		Command:                  pulumi.ToStringArray(a.Command),
		Env:                      a.env(),
		VolumeMounts:             a.mounts(),
		Resources:                a.resources(),
		SecurityContext:          confined(),
		TerminationMessagePolicy: pulumi.String("FallbackToLogsOnError"),
	}
	c.Ports = a.ports()
	var from corev1.EnvFromSourceArray
	for _, one := range []struct {
		name   string
		needed bool
	}{{a.Credentials, a.CredentialsNeeded}, {a.Settings, false}} {
		if one.name != "" {
			from = append(from, corev1.EnvFromSourceArgs{
				SecretRef: corev1.SecretEnvSourceArgs{Name: pulumi.String(one.name),
					Optional: pulumi.Bool(!one.needed)},
			})
		}
	}
	if from != nil {
		c.EnvFrom = from
	}
	return c
}

// confined is the security context of every container of ours.
func confined() corev1.SecurityContextArgs {
	return corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		Privileged:               pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(true),
		RunAsNonRoot:             pulumi.Bool(true),
		Capabilities:             corev1.CapabilitiesArgs{Drop: pulumi.StringArray{pulumi.String("ALL")}},
	}
}

// resources have no limit of CPU: it would only slow down what the node has to
// spare. A GPU is limited, and so asked for, as a whole.
func (a *Args) resources() corev1.ResourceRequirementsArgs {
	limits := pulumi.StringMap{"memory": pulumi.String(a.Memory)}
	if a.GPU > 0 {
		limits[GPUResource] = pulumi.String(strconv.Itoa(a.GPU))
	}
	return corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": pulumi.String(a.CPU), "memory": pulumi.String(a.Memory)}, Limits: limits,
	}
}

// InitContainers bring the runtime into a pod of another image; none is nil.
func (a *Args) InitContainers() corev1.ContainerArray {
	if a.Runtime == nil {
		return nil
	}
	return corev1.ContainerArray{corev1.ContainerArgs{
		Name: pulumi.String(runtimeVolume), Image: a.Runtime.ToStringOutput(),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Command:         pulumi.ToStringArray([]string{Binary, "install", RuntimeDir}),
		VolumeMounts: corev1.VolumeMountArray{corev1.VolumeMountArgs{Name: pulumi.String(runtimeVolume),
			MountPath: pulumi.String(RuntimeDir)}},
		Resources: corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("50m"), "memory": pulumi.String("64Mi")},
			Limits:   pulumi.StringMap{"memory": pulumi.String("64Mi")},
		},
		SecurityContext: confined(),
	}}
}

// Nodes are the labels that a node must carry; none is nil.
func (a *Args) Nodes() pulumi.StringMapInput {
	if len(a.NodeSelector) == 0 {
		return nil
	}
	return pulumi.ToStringMap(a.NodeSelector)
}

// env are the variables in the order of their names, the secret ones by
// reference, and the memory limit in Go's words.
func (a *Args) env() corev1.EnvVarArray {
	var out corev1.EnvVarArray
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		out = append(out, corev1.EnvVarArgs{Name: pulumi.String(name), Value: a.Env[name].ToStringOutput()})
	}
	if a.Pseudonyms != "" {
		out = append(out, corev1.EnvVarArgs{Name: pulumi.String("ASHLAR_PSEUDONYM_KEYS_FILE"),
			Value: pulumi.String(KeysDir + "/" + PseudonymKeys)})
	}
	out = append(out, a.secretFiles()...)
	for _, s := range a.Secrets {
		out = append(out, corev1.EnvVarArgs{Name: pulumi.String(s.Variable), ValueFrom: corev1.EnvVarSourceArgs{
			SecretKeyRef: corev1.SecretKeySelectorArgs{Name: pulumi.String(s.Name), Key: pulumi.String(s.Key)},
		}})
	}
	return append(out, corev1.EnvVarArgs{Name: pulumi.String("GOMEMLIMIT"), ValueFrom: corev1.EnvVarSourceArgs{
		ResourceFieldRef: corev1.ResourceFieldSelectorArgs{
			Resource: pulumi.String("limits.memory"), Divisor: pulumi.String("1"),
		},
	}})
}

const (
	planVolume    = "plan"
	codeVolume    = "code"
	keysVolume    = "keys"
	tempVolume    = "tmp"
	runtimeVolume = "runtime"
)

func (a *Args) mounts() corev1.VolumeMountArray {
	out := corev1.VolumeMountArray{corev1.VolumeMountArgs{Name: pulumi.String(tempVolume),
		MountPath: pulumi.String(TempDir)}}
	if a.Plan != "" {
		out = append(out, corev1.VolumeMountArgs{
			Name: pulumi.String(planVolume), MountPath: pulumi.String(PlanDir), ReadOnly: pulumi.Bool(true),
		})
	}
	if a.Code != nil {
		out = append(out, corev1.VolumeMountArgs{Name: pulumi.String(codeVolume), MountPath: pulumi.String(CodeDir),
			ReadOnly: pulumi.Bool(true)})
	}
	if a.Pseudonyms != "" {
		out = append(out, corev1.VolumeMountArgs{Name: pulumi.String(keysVolume), MountPath: pulumi.String(KeysDir),
			ReadOnly: pulumi.Bool(true)})
	}
	out = append(append(append(out, a.secretMount()...), a.tokenMount()...), a.certificateMount()...)
	if a.Runtime != nil {
		out = append(out, corev1.VolumeMountArgs{Name: pulumi.String(runtimeVolume),
			MountPath: pulumi.String(RuntimeDir), ReadOnly: pulumi.Bool(true)})
	}
	return out
}

// Volumes returns what the container mounts: a bounded /tmp and the plan.
func (a *Args) Volumes() corev1.VolumeArray {
	out := corev1.VolumeArray{corev1.VolumeArgs{
		Name: pulumi.String(tempVolume), EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String(a.Scratch)},
	}}
	if a.Plan != "" {
		out = append(out, corev1.VolumeArgs{
			Name: pulumi.String(planVolume), ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(a.Plan)},
		})
	}
	if a.Code != nil {
		var items corev1.KeyToPathArray
		for _, i := range a.Code.Items {
			items = append(items, corev1.KeyToPathArgs{Key: pulumi.String(i.Key), Path: pulumi.String(i.Path)})
		}
		out = append(out, corev1.VolumeArgs{
			Name:      pulumi.String(codeVolume),
			ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(a.Code.Name), Items: items},
		})
	}
	if a.Pseudonyms != "" {
		out = append(out, corev1.VolumeArgs{Name: pulumi.String(keysVolume), Secret: corev1.SecretVolumeSourceArgs{
			SecretName: pulumi.String(a.Pseudonyms), DefaultMode: pulumi.Int(0o440),
			Items: corev1.KeyToPathArray{corev1.KeyToPathArgs{Key: pulumi.String(PseudonymKeys),
				Path: pulumi.String(PseudonymKeys)}},
		}})
	}
	out = append(append(append(out, a.secretVolume()...), a.tokenVolumes()...), a.certificateVolume()...)
	if a.Runtime != nil {
		out = append(out, corev1.VolumeArgs{Name: pulumi.String(runtimeVolume),
			EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("128Mi")}})
	}
	return out
}

// Tolerations let the pod onto its pool's tainted nodes, onto those that have what it
// asks for (GPUs, ARM), where it can be interrupted onto spot nodes, and onto those that
// it says; none is nil.
func (a *Args) Tolerations() corev1.TolerationArray {
	var out corev1.TolerationArray
	equal := func(key, value string) {
		out = append(out, corev1.TolerationArgs{
			Key: pulumi.String(key), Operator: pulumi.String("Equal"), Value: pulumi.String(value),
			Effect: pulumi.String("NoSchedule"),
		})
	}
	if a.Pool != nil {
		equal(a.Pool.Label, a.Pool.Value)
	}
	if a.GPU > 0 { // whatever the taint's value is: who made the nodes chose it
		out = append(out, corev1.TolerationArgs{Key: pulumi.String(GPUResource), Operator: pulumi.String("Exists"),
			Effect: pulumi.String("NoSchedule")})
	}
	if a.NodeSelector[ArchLabel] == ARM {
		equal(ArchLabel, ARM)
	}
	if a.Interruptible {
		equal(CapacityTaint, Spot)
	}
	text := func(v string) pulumi.StringPtrInput {
		if v == "" {
			return nil
		}
		return pulumi.String(v)
	}
	for _, t := range a.Tolerate {
		out = append(out, corev1.TolerationArgs{Key: text(t.Key), Operator: text(t.Operator),
			Value: text(t.Value), Effect: text(t.Effect)})
	}
	return out
}

// Affinity prefers the pool's nodes and does without where there are none, so
// that one manifest runs on clusters with and without a pool.
func (a *Args) Affinity() corev1.AffinityPtrInput {
	if a.Pool == nil {
		return nil
	}
	ofPool := corev1.NodeSelectorRequirementArgs{
		Key: pulumi.String(a.Pool.Label), Operator: pulumi.String("In"),
		Values: pulumi.ToStringArray([]string{a.Pool.Value}),
	}
	term := corev1.PreferredSchedulingTermArgs{
		Weight: pulumi.Int(100),
		Preference: corev1.NodeSelectorTermArgs{
			MatchExpressions: corev1.NodeSelectorRequirementArray{ofPool},
		},
	}
	return corev1.AffinityArgs{NodeAffinity: corev1.NodeAffinityArgs{
		PreferredDuringSchedulingIgnoredDuringExecution: corev1.PreferredSchedulingTermArray{term},
	}}
}

// Selector returns labels as a selector of pods.
func Selector(labels map[string]string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(labels)}
}

// Binary is the runtime inside its image.
const Binary = "/bin/ashlar-runtime"
