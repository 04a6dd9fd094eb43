// Command ashlar-runtime is the one binary inside every workload: it serves an
// endpoint, runs a model's pipeline, judges drift and migrates the database.
//
// It is wiring only. What to do comes from the plan, where to do it from the
// environment; everything that is wrong with either is reported at once, before
// anything is touched. It logs JSON to standard error and writes one line of
// JSON, its result, to standard output.
//
//	ASHLAR_PLAN             file of the plan, canonical JSON
//	ASHLAR_STORE            folder or URL, s3://bucket/prefix?region=...&endpoint=...
//	ASHLAR_DATA             folder or URL that relative sources start from
//	ASHLAR_DATABASE         postgres://user@host:5432/name?sslmode=verify-full, or a SQLite file
//	ASHLAR_DATABASE_AUTH    password (default), secret or iam; see package login
//	ASHLAR_DATABASE_SECRET  ARN of the secret, for secret
//	ASHLAR_DATABASE_FILE    file with the URL as it is now, read before each connection, for password
//	ASHLAR_DATABASE_SCHEMAS the schemas that migrate makes, with users of their own, separated by commas
//	ASHLAR_DATABASE_MANAGER PROJECT/STACK: the stack that migrate marks them with
//	ASHLAR_AUTHOR           who acts, for the registry
//	ASHLAR_LOG_LEVEL        debug, info (default), warn or error; requests are logged at debug
//
// OpenTelemetry's variables (see package tracing), and what the AWS SDK reads,
// AWS_REGION among them. ASHLAR_DATABASE may hold a password where it comes from a
// Secret; it is never logged.
//
// Exit codes: 0 fine, 1 findings (data, gates, policies), 2 wrong input, 3
// internal (something that it needs failed, or a defect).
//
// # Drift
//
// No replica of an endpoint sees all of its traffic. So each pod that serves
// gathers the rows it was asked about, and puts them into the store as segments:
// a few times a window, and when it ends. `drift`, run once an hour, adds the
// segments up as if one process had seen everything, judges windows that are
// complete, leaves the verdicts in the store, where pods read them for /drift
// and /metrics, and retrains through the usual gates where the blueprint says
// so. See package runtime/endpoint for what is kept under which name.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
