// Command ashlar-stack is the Pulumi program: `pulumi up` runs it, and it
// deploys the blueprints on AWS and Kubernetes. `ashlar-stack render` runs
// the same program against a recorder and writes manifests and Terraform.
//
// It is wiring only, and the one place where CUE and Pulumi meet.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

func main() {
	defer crash.Guard()
	// The engine starts the program without arguments and says where it is.
	if len(os.Args) == 1 && (os.Getenv(pulumi.EnvMonitor) != "" || os.Getenv("PULUMI_PLUGINS") != "") {
		e := &engineRun{}
		pulumi.Run(e.program, e.capture)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
