// Package policy proves that one rule holds at every point that enforces it:
// the same bad change is refused by the CLI, by the real Pulumi engine, by a
// real API server and by the running system, under one digest, and the same
// change put right is not. Parts that are not on this machine are skipped with
// a message that names them.
package policy
