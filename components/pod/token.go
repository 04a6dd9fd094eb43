package pod

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AccountDir is where the pod finds the token of the API server, where it has one.
const AccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

const tokenVolume = "account"

// tokenSeconds is how long a token is valid; the kubelet replaces it after four fifths.
const tokenSeconds = 3600

func (a *Args) tokenMount() corev1.VolumeMountArray {
	if !a.Token {
		return nil
	}
	return corev1.VolumeMountArray{corev1.VolumeMountArgs{Name: pulumi.String(tokenVolume),
		MountPath: pulumi.String(AccountDir), ReadOnly: pulumi.Bool(true)}}
}

// tokenVolumes is what Kubernetes would mount by itself for an account that says so.
func (a *Args) tokenVolumes() corev1.VolumeArray {
	if !a.Token {
		return nil
	}
	space := corev1.DownwardAPIVolumeFileArgs{Path: pulumi.String("namespace"),
		FieldRef: corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String("metadata.namespace")}}
	sources := corev1.VolumeProjectionArray{
		corev1.VolumeProjectionArgs{ServiceAccountToken: corev1.ServiceAccountTokenProjectionArgs{
			Path: pulumi.String("token"), ExpirationSeconds: pulumi.Int(tokenSeconds)}},
		corev1.VolumeProjectionArgs{ConfigMap: corev1.ConfigMapProjectionArgs{
			Name: pulumi.String("kube-root-ca.crt"), Items: corev1.KeyToPathArray{
				corev1.KeyToPathArgs{Key: pulumi.String("ca.crt"), Path: pulumi.String("ca.crt")}}}},
		corev1.VolumeProjectionArgs{DownwardAPI: corev1.DownwardAPIProjectionArgs{
			Items: corev1.DownwardAPIVolumeFileArray{space}}},
	}
	return corev1.VolumeArray{corev1.VolumeArgs{Name: pulumi.String(tokenVolume),
		Projected: corev1.ProjectedVolumeSourceArgs{DefaultMode: pulumi.Int(0o440), Sources: sources}}}
}
