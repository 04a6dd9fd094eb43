// Package aws stands plans up on AWS and Kubernetes, as a Pulumi program in
// two layers. The foundation (network, cluster, database, registry, keys) is
// made once an environment; the workloads (namespaces, identities, pipelines,
// endpoints, alerts) are what the blueprints say. They are separate stacks of
// one project, so that an edit to a blueprint can never touch the cluster.
//
// Workloads also stand on any Kubernetes cluster with an S3 URL and a
// PostgreSQL URL, with no AWS resource at all: ProviderKubernetes.
//
// A plan says what; Config says where. Both are checked, with every problem
// reported at once, before the first resource is registered.
package aws
