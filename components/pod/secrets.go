package pod

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// SecretsDir is where the values of Secrets are as files, each named after its variable.
//
// A variable keeps what it had when the pod started. The file has what the Secret holds
// now, about a minute after a change, so that a rotated password needs no restart. The
// volume is optional: the variable is what a pod waits for, which the kubelet looks at
// every few seconds, where it retries mounts after up to two minutes.
const SecretsDir = "/etc/ashlar-secrets"

const secretsVolume = "secrets"

// secretFiles are the variables that name the files; none without Secrets.
func (a *Args) secretFiles() (out corev1.EnvVarArray) {
	for _, s := range a.Secrets {
		out = append(out, corev1.EnvVarArgs{Name: pulumi.String(s.Variable + "_FILE"),
			Value: pulumi.String(SecretsDir + "/" + s.Variable)})
	}
	return out
}

func (a *Args) secretMount() corev1.VolumeMountArray {
	if len(a.Secrets) == 0 {
		return nil
	}
	return corev1.VolumeMountArray{corev1.VolumeMountArgs{Name: pulumi.String(secretsVolume),
		MountPath: pulumi.String(SecretsDir), ReadOnly: pulumi.Bool(true)}}
}

func (a *Args) secretVolume() corev1.VolumeArray {
	var sources corev1.VolumeProjectionArray
	for _, s := range a.Secrets {
		sources = append(sources, corev1.VolumeProjectionArgs{Secret: corev1.SecretProjectionArgs{
			Name: pulumi.String(s.Name), Optional: pulumi.Bool(true),
			Items: corev1.KeyToPathArray{corev1.KeyToPathArgs{Key: pulumi.String(s.Key),
				Path: pulumi.String(s.Variable)}},
		}})
	}
	if sources == nil {
		return nil
	}
	return corev1.VolumeArray{corev1.VolumeArgs{Name: pulumi.String(secretsVolume),
		Projected: corev1.ProjectedVolumeSourceArgs{DefaultMode: pulumi.Int(0o440), Sources: sources}}}
}
