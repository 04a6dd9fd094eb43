// Package cloud is a pretended AWS and Kubernetes behind Pulumi's provider
// protocol, for tests of the real engine: it keeps what is created on disk,
// invents what a cloud would invent, refuses what a cloud would obviously
// refuse, and fails on demand. A test puts an executable named
// pulumi-resource-aws or pulumi-resource-kubernetes on PATH that calls Serve.
package cloud

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/signal"
	"syscall"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// Env is the environment variable that holds the folder of the cloud's state.
const Env = "ASHLAR_TEST_CLOUD"

// Serve serves a provider of the named package, with its state under dir,
// until the process is told to stop. It writes the port to out, as the engine
// expects of a plugin.
func Serve(pkg, dir string, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20))
	pulumirpc.RegisterResourceProviderServer(server, &provider{pkg: pkg, store: Open(dir)})
	if _, err := fmt.Fprintln(out, listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		server.Stop()
	}()
	return server.Serve(listener)
}
