package pod

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The names of a pod's ports, by which probes and Services refer to them.
const (
	PortName      = "http"      // of Args.Port
	OperatorsName = "operators" // of Args.Operators
)

// ports are those that the container listens on; none is nil.
func (a *Args) ports() corev1.ContainerPortArray {
	var out corev1.ContainerPortArray
	for _, one := range []struct {
		name string
		port int
	}{{PortName, a.Port}, {OperatorsName, a.Operators}} {
		if one.port > 0 {
			out = append(out, corev1.ContainerPortArgs{Name: pulumi.String(one.name),
				ContainerPort: pulumi.Int(one.port), Protocol: pulumi.String("TCP")})
		}
	}
	return out
}

// checkPorts returns what is wrong with the ports, and with the certificate of one.
func (a *Args) checkPorts() (found []error) {
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("pod: "+format, args...)) }
	for _, port := range []int{a.Port, a.Operators} {
		if port < 0 || port > 65535 || port > 0 && port < 1024 {
			say("port %d: a process that is not root listens on 1024 to 65535", port)
		}
	}
	if a.Operators > 0 && (a.Port == 0 || a.Port == a.Operators) {
		say("port %d of operators beside %d: want two different ports", a.Operators, a.Port)
	}
	if c := a.Certificate; c != nil && (c.Secret == "" || a.Port == 0) {
		say("certificate of Secret %q for port %d: want both", c.Secret, a.Port)
	}
	return found
}
