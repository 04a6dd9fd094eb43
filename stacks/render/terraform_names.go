package render

import "strings"

// terraformType returns the type in terraform-provider-aws of a pulumi-aws
// token: "aws:s3/bucketV2:BucketV2" is aws_s3_bucket. The module is part of
// the name, but for ec2; irregular holds what no rule gives.
func terraformType(token string) string {
	if t, ok := irregular[token]; ok {
		return t
	}
	module, name, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	name = name[strings.LastIndex(name, ":")+1:]
	name = snake(strings.TrimSuffix(name, "V2"))
	if module == "ec2" || module == "index" {
		return "aws_" + name
	}
	return "aws_" + module + "_" + name
}

// terraformData is terraformType of a data source's token.
// It reads a function's name, which begins with "get".
func terraformData(token string) string {
	if t, ok := irregularData[token[strings.LastIndex(token, "/")+1:]]; ok {
		return t
	}
	module, name, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	name = snake(strings.TrimPrefix(name[strings.LastIndex(name, ":")+1:], "get"))
	name = strings.TrimPrefix(name, "_")
	if module == "ec2" || module == "index" {
		return "aws_" + name
	}
	return "aws_" + module + "_" + name
}

// irregular are the types whose names do not follow from their tokens.
var irregular = map[string]string{
	"aws:rds/instance:Instance":                                                       "aws_db_instance",
	"aws:rds/subnetGroup:SubnetGroup":                                                 "aws_db_subnet_group",
	"aws:rds/parameterGroup:ParameterGroup":                                           "aws_db_parameter_group",
	"aws:rds/optionGroup:OptionGroup":                                                 "aws_db_option_group",
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":                             "aws_iam_openid_connect_provider",
	"aws:s3/bucketObjectv2:BucketObjectv2":                                            "aws_s3_object",
	"aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": "aws_db_instance_automated_backups_replication",
	"aws:cloudtrail/trail:Trail":                                                      "aws_cloudtrail",
}

// irregularData are the data sources whose names do not follow from their tokens.
var irregularData = map[string]string{
	"getOpenIdConnectProvider:getOpenIdConnectProvider": "aws_iam_openid_connect_provider",
	"getInstance:getInstance":                           "aws_db_instance", // rds, and no other is read
}

// singular are the lists that pulumi-aws names in the plural and Terraform in
// the singular, by Terraform type.
// A name that is missing here is found by tests/provider, where the real provider
// judges what is rendered.
var singular = map[string]map[string]string{
	"aws_s3_bucket_lifecycle_configuration": {
		"rules": "rule", "transitions": "transition", "noncurrent_version_transitions": "noncurrent_version_transition",
	},
	"aws_s3_bucket_server_side_encryption_configuration": {"rules": "rule"},
	"aws_s3_bucket_replication_configuration":            {"rules": "rule"},
	"aws_db_parameter_group":                             {"parameters": "parameter"},
	"aws_db_instance":                                    {"master_user_secrets": "master_user_secret"},
	"aws_eks_cluster":                                    {"certificate_authorities": "certificate_authority"},
	"aws_ecr_repository":                                 {"encryption_configurations": "encryption_configuration"},
	"aws_budgets_budget":                                 {"cost_filters": "cost_filter", "notifications": "notification"},
	"aws_eks_addon":                                      {"pod_identity_associations": "pod_identity_association"},
	"aws_eks_node_group":                                 {"taints": "taint"},
	"aws_iam_openid_connect_provider": {"client_id_lists": "client_id_list",
		"thumbprint_lists": "thumbprint_list"},
	"aws_iam_policy_document": {"statements": "statement", "principals": "principals",
		"conditions": "condition", "not_principals": "not_principals"},
	"aws_ec2_managed_prefix_list": {"filters": "filter"},
	"aws_availability_zones":      {"filters": "filter"},
}

// property returns the Terraform name of a property anywhere in a type.
// Names of nested blocks are looked up by the type alone, as none is used with two
// meanings within one.
func property(terraformType, name string) string {
	name = snake(name)
	if other, ok := singular[terraformType][name]; ok {
		return other
	}
	return name
}

// ignorePath returns the Terraform form of a path to ignore changes of: a block
// is a list there, and a key of a map is an index.
func ignorePath(terraformType, path string) string {
	first, rest, nested := strings.Cut(path, ".")
	first = property(terraformType, first)
	switch {
	case !nested:
		return first
	case freeForm[first]:
		return first + `["` + rest + `"]`
	}
	return first + "[0]." + ignorePath(terraformType, rest)
}

// freeForm are properties whose keys are the user's own, not the provider's.
var freeForm = map[string]bool{"tags": true, "tags_all": true, "labels": true, "variables": true,
	"environment_variables": true}
