package cloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// required are inputs without which the cloud refuses a type.
var required = map[string][]string{
	"aws:s3/bucketV2:BucketV2":                               {"bucket"},
	"aws:s3/bucketPolicy:BucketPolicy":                       {"bucket", "policy"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":           {"bucket", "versioningConfiguration"},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket"},
	"aws:iam/role:Role":                                      {"assumeRolePolicy"},
	"aws:iam/rolePolicy:RolePolicy":                          {"role", "policy"},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":      {"role", "policyArn"},
	"aws:eks/cluster:Cluster":                                {"roleArn", "vpcConfig"},
	"aws:eks/nodeGroup:NodeGroup": {"clusterName", "nodeRoleArn",
		"scalingConfig", "subnetIds"},
	"aws:eks/addon:Addon": {"clusterName", "addonName"},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {"clusterName", "namespace",
		"roleArn", "serviceAccount"},
	"aws:rds/instance:Instance":                                 {"instanceClass"},
	"aws:rds/subnetGroup:SubnetGroup":                           {"subnetIds"},
	"aws:ec2/subnet:Subnet":                                     {"vpcId"},
	"aws:ec2/routeTable:RouteTable":                             {"vpcId"},
	"aws:ec2/routeTableAssociation:RouteTableAssociation":       {"routeTableId"},
	"aws:kms/alias:Alias":                                       {"targetKeyId"},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"securityGroupId", "ipProtocol"},
}

var (
	objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// check returns what the cloud would refuse, a reason a property.
func check(typ string, inputs resource.PropertyMap) map[string]string {
	wrong := map[string]string{}
	for _, key := range required[typ] {
		if !inputs.HasValue(resource.PropertyKey(key)) {
			wrong[key] = "is required"
		}
	}
	for _, key := range []string{"policy", "assumeRolePolicy"} {
		if v := inputs[resource.PropertyKey(key)]; v.IsString() && !json.Valid([]byte(v.StringValue())) {
			wrong[key] = "is not JSON"
		}
	}
	if v := inputs["bucket"]; typ == "aws:s3/bucketV2:BucketV2" && v.IsString() &&
		!bucketName.MatchString(v.StringValue()) {
		wrong["bucket"] = fmt.Sprintf("%q is no bucket name", v.StringValue())
	}
	if v := inputs["name"]; typ == "aws:iam/role:Role" && v.IsString() && len(v.StringValue()) > 64 {
		wrong["name"] = "is longer than 64 characters"
	}
	if strings.HasPrefix(typ, "kubernetes:") && !strings.Contains(typ, "helm.sh/") {
		checkObject(inputs, wrong)
	}
	return wrong
}

func checkObject(inputs resource.PropertyMap, wrong map[string]string) {
	for _, key := range []resource.PropertyKey{"apiVersion", "kind"} {
		if !inputs[key].IsString() {
			wrong[string(key)] = "is required"
		}
	}
	meta := inputs["metadata"]
	if !meta.IsObject() || !meta.ObjectValue()["name"].IsString() {
		wrong["metadata.name"] = "is required"
		return
	}
	if name := meta.ObjectValue()["name"].StringValue(); !objectName.MatchString(name) {
		wrong["metadata.name"] = fmt.Sprintf("%q is no object name", name)
	}
	if labels := meta.ObjectValue()["labels"]; labels.IsObject() {
		for key, v := range labels.ObjectValue() {
			if v.IsString() && !labelValue.MatchString(v.StringValue()) {
				wrong["metadata.labels."+string(key)] = fmt.Sprintf("%q is no label value", v.StringValue())
			}
		}
	}
}

// immutable are inputs whose change replaces a resource.
var immutable = map[string][]string{
	"aws:s3/bucketV2:BucketV2":              {"bucket"},
	"aws:iam/role:Role":                     {"name"},
	"aws:eks/cluster:Cluster":               {"name", "roleArn"},
	"aws:rds/instance:Instance":             {"identifier", "dbName", "username", "kmsKeyId", "storageEncrypted"},
	"aws:ec2/vpc:Vpc":                       {"cidrBlock"},
	"aws:ec2/subnet:Subnet":                 {"cidrBlock", "availabilityZone", "vpcId"},
	"aws:ecr/repository:Repository":         {"name"},
	"aws:cloudwatch/logGroup:LogGroup":      {"name"},
	"aws:rds/parameterGroup:ParameterGroup": {"name", "family"},
}

// replaces reports whether a changed property replaces the resource.
func replaces(typ, key string, before, after resource.PropertyValue) bool {
	if strings.HasPrefix(typ, "kubernetes:") && key == "metadata" && before.IsObject() && after.IsObject() {
		for _, part := range []resource.PropertyKey{"name", "namespace"} {
			if !before.ObjectValue()[part].DeepEquals(after.ObjectValue()[part]) {
				return true
			}
		}
		return false
	}
	if strings.HasPrefix(typ, "kubernetes:batch/v1:Job") && key == "spec" {
		return true
	}
	for _, k := range immutable[typ] {
		if k == key {
			return true
		}
	}
	return false
}
