package drift

// resourceRules are those of resources on AWS, by Pulumi's type and the property's path.
// The first that fits decides.
var resourceRules = []rule{
	{"", at(`^tags(All)?($|[.\[])`), Benign, "a tag"},

	{"aws:rds/* aws:s3/* aws:ebs/* aws:efs/* aws:kms/* aws:ecr/*", wholeObject, Data,
		"the resource holds data, or what opens it"},
	{"aws:ec2/securityGroup* aws:vpc/securityGroup* aws:ec2/networkAcl* aws:ec2/route* aws:ec2/vpcEndpoint*", nil,
		Security,
		"it decides what reaches the network, and what leaves it"},
	{"aws:iam/* aws:eks/podIdentityAssociation* aws:eks/accessEntry* aws:eks/accessPolicyAssociation*", nil, Security,
		"it grants permissions in the account"},
	{"aws:s3/bucketPolicy* aws:s3/bucketPublicAccessBlock* aws:s3/bucketOwnershipControls* aws:s3/bucketAcl* aws:s3/bucketServerSideEncryption*",
		nil, Security, "it decides who reads the bucket, and whether it is encrypted"},
	{"aws:kms/*", at(`deletionWindowInDays|isEnabled|enableKeyRotation`), Data,
		"without the key the data cannot be read"},
	{"aws:kms/*", nil, Security, "it decides who may use the key"},
	{"aws:cloudtrail/*", nil, Security, "without it nobody can say who did what"},
	{"aws:secretsmanager/* aws:ssm/*", nil, Security, "it holds credentials"},

	{"aws:s3/bucketVersioning* aws:s3/bucketLifecycle* aws:s3/bucketObjectLock* aws:s3/bucketReplication*", nil, Data,
		"it decides what of the bucket is kept, and how long"},
	{"aws:s3/bucket*", at(`versioning|lifecycle|forceDestroy|objectLock`), Data,
		"it decides what of the bucket is kept"},
	{"aws:s3/bucket*", nil, Security, "it decides who reads the bucket"},

	{"aws:rds/*", at(`^(instanceClass|allocatedStorage|maxAllocatedStorage|iops|storageThroughput|storageType|multiAz)$`),
		Cost, "the database's size is paid for"},
	{"aws:rds/*", at(`^(deletionProtection|backup|skipFinalSnapshot|deleteAutomatedBackups|finalSnapshot|copyTagsToSnapshot)`),
		Data, "it decides whether the database can be restored"},
	{"aws:rds/*", nil, Security, "it decides who reaches the database"},

	{"aws:eks/nodeGroup* aws:ec2/launchTemplate* aws:autoscaling/*",
		at(`^(scalingConfig|instanceTypes|instanceType|diskSize|capacityType|blockDeviceMappings|desiredCapacity|minSize|maxSize|desiredSize)($|[.\[])`),
		Cost, "the number and the size of nodes are paid for"},
	{"aws:eks/*", nil, Security, "it decides who reaches the cluster, and which programs run in it"},
	{"aws:ec2/natGateway* aws:ec2/eip* aws:lb/*", nil, Cost, "it is paid for by the hour"},
	{"aws:cloudwatch/logGroup*", at(`retention|^$`), Data, "it decides how long logs are kept"},
	{"aws:budgets/*", nil, Cost, "without it nobody hears of what is spent"},
	{"aws:ecr/lifecyclePolicy*", nil, Data, "it decides which images are kept"},
}

// classifyResource classifies a property of a resource; an empty path is the whole.
func classifyResource(kind, path string) (Class, string) {
	if r, ok := match(resourceRules, kind, path); ok {
		return r.class, r.why
	}
	return unclassified.class, unclassified.why
}
