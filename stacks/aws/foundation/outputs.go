package foundation

import "slices"

// What the foundation exports and the workloads read, by the names that
// `pulumi stack output` prints. Values are texts; none is secret.
const (
	OutName             = "name" // what its physical names begin with
	OutRegion           = "region"
	OutAccount          = "accountId"
	OutClusterName      = "clusterName"
	OutKubeconfig       = "kubeconfig" // calls `aws eks get-token`: holds no credential
	OutNetworkCIDR      = "networkCidr"
	OutDataKey          = "dataKeyArn" // the KMS key of datasets and stores
	OutLogsBucket       = "logsBucket" // where buckets log who reads them
	OutDataBucket       = "dataBucket" // the bucket that all workloads share; empty: each has its own
	OutDatabaseHost     = "databaseHost"
	OutDatabasePort     = "databasePort"
	OutDatabaseName     = "databaseName"
	OutDatabaseResource = "databaseResourceId"   // "db-..." of rds-db:connect permissions
	OutSchema           = "schemaImage"          // the runtime's image that migrated the database; empty: none has
	OutSchemas          = "schemas"              // of the database, separated by commas: one for each tenant
	OutRegistry         = "registryUrl"          // of the runtime's image, without a tag
	OutBoundary         = "workloadsBoundaryArn" // the policy that no workload's role can exceed
)

// KubernetesProvider is the name, in a stack's state, of the provider of the
// cluster's objects. Both layers have one.
const KubernetesProvider = "cluster"

// Outputs returns the names of what the workloads read, sorted.
func Outputs() []string {
	out := []string{
		OutRegion, OutAccount, OutClusterName, OutKubeconfig, OutNetworkCIDR, OutDataKey,
		OutLogsBucket, OutDataBucket, OutDatabaseHost,
		OutDatabasePort, OutDatabaseName, OutDatabaseResource, OutName, OutSchema, OutSchemas, OutRegistry, OutBoundary,
	}
	slices.Sort(out)
	return out
}
