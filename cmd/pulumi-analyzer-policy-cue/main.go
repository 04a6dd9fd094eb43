// Command pulumi-analyzer-policy-cue checks resources against policy packs
// inside `pulumi preview|up --policy-pack DIR`: the packs that ship with Ashlar
// and those in DIR, the same that `ashlar policy list` names.
//
// The engine starts it for a PulumiPolicy.yaml with `runtime: cue`, with the
// engine's address and the folder as arguments, reads a port from its standard
// output and speaks pulumirpc.Analyzer to it. It must be on PATH.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

func main() {
	defer crash.Guard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-analyzer-policy-cue: "+err.Error())
		os.Exit(1)
	}
}

// maxMessage bounds a message: the engine's own limit.
const maxMessage = 400 << 20

// run serves until the engine goes away, says so, or ctx ends. What is wrong
// with a pack the engine is told when it asks, since it shows that to the user.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 2 {
		return errors.New("this is a plugin of Pulumi: run `pulumi preview --policy-pack DIR`, where DIR has a PulumiPolicy.yaml with `runtime: cue`")
	}
	engine, dir := args[0], args[1]
	// Behind them the engine writes the runtime options of PulumiPolicy.yaml.
	flags := flag.NewFlagSet("runtime options", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	packs := flags.String("packs", ".", "")
	if err := flags.Parse(args[2:]); err != nil {
		return fmt.Errorf("runtime options in PulumiPolicy.yaml: %w; there is packs, the folder to read packs from, or none", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if engine != "" {
		done := make(chan bool, 1)
		if err := rpcutil.Healthcheck(ctx, engine, time.Minute, func() { done <- true }); err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		go func() {
			defer crash.Guard()
			select {
			case <-done:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.UnaryInterceptor(guarded))
	pulumirpc.RegisterAnalyzerServer(server, newAnalyzer(dir, *packs, time.Now, cancel))
	if _, err := fmt.Fprintln(out, listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	go func() {
		defer crash.Guard()
		<-ctx.Done()
		server.GracefulStop()
	}()
	return server.Serve(listener)
}

// guarded ends the plugin where a call panics: gRPC answers each on a goroutine
// of its own.
func guarded(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	defer crash.Guard()
	return handle(ctx, req)
}
