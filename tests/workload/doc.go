// Package workload runs the built runtime as a cluster would, as processes of
// its own, on a real S3 server and a real PostgreSQL, and takes them away while
// it works.
package workload
