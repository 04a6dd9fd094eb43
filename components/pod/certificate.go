package pod

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Certificate is a Secret with what a pod proves who it is by, mounted at CertificateDir.
// Its keys are those of Kubernetes' type kubernetes.io/tls and of cert-manager. It is
// mounted as a whole directory, so that a renewed certificate reaches a pod that runs.
type Certificate struct {
	Secret string
	// Authority mounts AuthorityFile too: the certificates of who signs those of callers.
	Authority bool
}

// The files of a Certificate.
const (
	CertificateDir  = "/etc/ashlar-tls"
	CertificateFile = "tls.crt"
	KeyFile         = "tls.key"
	AuthorityFile   = "ca.crt"
)

const certificateVolume = "certificate"

// certificateMount mounts the certificate; none is nil.
func (a *Args) certificateMount() corev1.VolumeMountArray {
	if a.Certificate == nil {
		return nil
	}
	return corev1.VolumeMountArray{corev1.VolumeMountArgs{Name: pulumi.String(certificateVolume),
		MountPath: pulumi.String(CertificateDir), ReadOnly: pulumi.Bool(true)}}
}

// certificateVolume has no more than the keys that are read. A pod waits until the Secret
// has them.
func (a *Args) certificateVolume() corev1.VolumeArray {
	if a.Certificate == nil {
		return nil
	}
	files := []string{CertificateFile, KeyFile}
	if a.Certificate.Authority {
		files = append(files, AuthorityFile)
	}
	var items corev1.KeyToPathArray
	for _, file := range files {
		items = append(items, corev1.KeyToPathArgs{Key: pulumi.String(file), Path: pulumi.String(file)})
	}
	return corev1.VolumeArray{corev1.VolumeArgs{Name: pulumi.String(certificateVolume),
		Secret: corev1.SecretVolumeSourceArgs{SecretName: pulumi.String(a.Certificate.Secret),
			DefaultMode: pulumi.Int(0o440), Items: items}}}
}
