// Command ashlar checks a blueprint, says what it means and runs it on
// this machine: validated, trained, gated, registered, served and watched.
//
// It is wiring only: each verb is a file, and what a verb does lives in the
// packages it calls. It builds without Pulumi, so that a newcomer's first
// build stays short.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
