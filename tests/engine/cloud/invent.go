package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	account = "123456789012"
	region  = "eu-central-1"
)

// named says which input names a resource in the cloud: two with one name
// cannot be. A resource of another type has an ID of its own.
var named = map[string]string{
	"aws:s3/bucketV2:BucketV2":                "bucket",
	"aws:iam/role:Role":                       "name",
	"aws:iam/policy:Policy":                   "name",
	"aws:eks/cluster:Cluster":                 "name",
	"aws:rds/instance:Instance":               "identifier",
	"aws:rds/subnetGroup:SubnetGroup":         "name",
	"aws:rds/parameterGroup:ParameterGroup":   "name",
	"aws:ecr/repository:Repository":           "name",
	"aws:cloudwatch/logGroup:LogGroup":        "name",
	"aws:kms/alias:Alias":                     "name",
	"aws:sqs/queue:Queue":                     "name",
	"aws:iam/instanceProfile:InstanceProfile": "name",
	"aws:cloudwatch/eventRule:EventRule":      "name",
	issuerType:                                "url",
}

const issuerType = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"

// identify returns the resource's ID: its name where it has one.
func identify(urn resource.URN, inputs resource.PropertyMap) string {
	typ := urn.Type().String()
	if strings.HasPrefix(typ, "kubernetes:") {
		if meta := inputs["metadata"]; meta.IsObject() && meta.ObjectValue()["name"].IsString() {
			name := meta.ObjectValue()["name"].StringValue()
			if namespace := meta.ObjectValue()["namespace"]; namespace.IsString() {
				return namespace.StringValue() + "/" + name
			}
			return name
		}
	}
	if key, ok := named[typ]; ok && inputs[resource.PropertyKey(key)].IsString() {
		name := inputs[resource.PropertyKey(key)].StringValue()
		if typ == issuerType { // AWS names it by its ARN
			return arn(typ, strings.TrimPrefix(name, "https://"))
		}
		return name
	}
	h := sha256.Sum256([]byte(urn))
	return strings.ToLower(typ[strings.LastIndex(typ, ":")+1:]) + "-" + hex.EncodeToString(h[:6])
}

// extras are what a cloud adds to a resource of a type besides an ARN. "%s" is
// the resource's ID.
var extras = map[string]map[string]any{
	"aws:eks/cluster:Cluster": {
		"identities":      []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://oidc.example.com/id/%s"}}}},
		"vpcConfig":       map[string]any{"clusterSecurityGroupId": "sg-cluster", "vpcId": "vpc-1"},
		"platformVersion": "eks.1",
	},
	"aws:rds/instance:Instance": {
		"address": "%s.rds.example.com", "endpoint": "%s.rds.example.com:5432", "port": 5432.0,
		"resourceId": "db-ABCDEFGHIJKLMNOP",
		"masterUserSecrets": []any{map[string]any{"secretArn": "arn:aws:secretsmanager:" + region + ":" + account +
			":secret:rds!db-%s", "kmsKeyId": "key-1", "secretStatus": "active"}},
	},
	"aws:ecr/repository:Repository": {"repositoryUrl": account + ".dkr.ecr." + region +
		".amazonaws.com/%s", "registryId": account},
	"aws:kms/key:Key": {"keyId": "%s"},
	"aws:ec2/vpc:Vpc": {"defaultSecurityGroupId": "sg-default", "defaultRouteTableId": "rtb-default",
		"mainRouteTableId": "rtb-main"},
	"aws:ec2/eip:Eip": {"allocationId": "%s", "publicIp": "198.51.100.7"},
	"aws:ec2/launchTemplate:LaunchTemplate": {
		"latestVersion": 1.0, "defaultVersion": 1.0,
	},
	"aws:iam/role:Role":               {"uniqueId": "AROA%s"},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": "pl-1", "state": "available"},
	"aws:s3/bucketV2:BucketV2": {"bucketDomainName": "%s.s3.amazonaws.com",
		"bucketRegionalDomainName": "%s.s3." + region + ".amazonaws.com", "region": region},
	"aws:ec2/securityGroup:SecurityGroup":     {"ownerId": account},
	"aws:sqs/queue:Queue":                     {"url": "https://sqs." + region + ".amazonaws.com/" + account + "/%s"},
	"aws:eks/nodeGroup:NodeGroup":             {"status": "ACTIVE"},
	"aws:ec2/internetGateway:InternetGateway": {"ownerId": account},
}

// invent returns a resource's outputs: its inputs and what the cloud adds. In
// a preview what it adds is unknown.
func invent(typ, id string, inputs resource.PropertyMap, preview bool) resource.PropertyMap {
	out := inputs.Copy()
	added := map[string]any{}
	if strings.HasPrefix(typ, "aws:") {
		added["arn"] = arn(typ, id)
		if name, ok := named[typ]; ok && typ != issuerType {
			added[name] = id
		}
	}
	for key, value := range extras[typ] {
		added[key] = value
	}
	if typ == "aws:eks/cluster:Cluster" {
		endpoint, ca := eks()
		added["endpoint"], added["certificateAuthority"] = endpoint, map[string]any{"data": ca}
	}
	for key, value := range resource.NewPropertyMapFromMap(added) {
		switch {
		case preview && !out.HasValue(key):
			out[key] = resource.MakeComputed(resource.NewProperty(""))
		case preview:
		default:
			out[key] = merge(out[key], fillIn(value, id))
		}
	}
	return out
}

// fillIn puts the ID in the place of "%s".
func fillIn(v resource.PropertyValue, id string) resource.PropertyValue {
	switch {
	case v.IsString():
		return resource.NewProperty(strings.ReplaceAll(v.StringValue(), "%s", id))
	case v.IsArray():
		out := make([]resource.PropertyValue, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = fillIn(e, id)
		}
		return resource.NewProperty(out)
	case v.IsObject():
		out := resource.PropertyMap{}
		for key, e := range v.ObjectValue() {
			out[key] = fillIn(e, id)
		}
		return resource.NewProperty(out)
	}
	return v
}

// merge adds to a given value what was invented; what was given stays.
func merge(given, invented resource.PropertyValue) resource.PropertyValue {
	if given.IsNull() {
		return invented
	}
	if !given.IsObject() || !invented.IsObject() {
		return given
	}
	out := given.ObjectValue().Copy()
	for key, value := range invented.ObjectValue() {
		if !out.HasValue(key) {
			out[key] = value
		}
	}
	return resource.NewProperty(out)
}

func arn(typ, id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id
	}
	if typ == issuerType {
		return fmt.Sprintf("arn:aws:iam::%s:oidc-provider/%s", account, id)
	}
	parts := strings.Split(typ, ":")
	service, kind, _ := strings.Cut(parts[1], "/")
	switch service {
	case "s3":
		return "arn:aws:s3:::" + id
	case "iam":
		return fmt.Sprintf("arn:aws:iam::%s:%s/%s", account, kind, id)
	}
	if begins, ok := arnKinds[service+"/"+kind]; ok {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s%s", service, region, account, begins, id)
	}
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s/%s", service, region, account, strings.ToLower(kind), id)
}

// arnKinds is what the resource of an ARN begins with, where it is not the kind and a
// slash.
var arnKinds = map[string]string{"rds/instance": "db:", "rds/subnetGroup": "subgrp:", "rds/parameterGroup": "pg:",
	"ec2/securityGroup": "security-group/"}

// answers are what data sources say.
var answers = map[string]map[string]any{
	"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": account, "arn": "arn:aws:iam::" + account +
		":role/platform", "id": account, "userId": "AROA"},
	"aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com",
		"reverseDnsPrefix": "com.amazonaws", "id": "aws"},
	"aws:index/getRegion:getRegion": {"name": region, "id": region, "description": "Frankfurt",
		"endpoint": "ec2." + region + ".amazonaws.com"},
	"aws:index/getAvailabilityZones:getAvailabilityZones": {"names": []any{region + "a", region + "b", region + "c"},
		"zoneIds": []any{"euc1-az2", "euc1-az3", "euc1-az1"}, "groupNames": []any{region}, "id": region},
	"aws:ec2/getPrefixList:getPrefixList": {"id": "pl-1", "name": "com.amazonaws." + region + ".s3",
		"cidrBlocks": []any{"52.219.0.0/16"}},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-1", "name": "com.amazonaws." + region + ".s3",
		"arn": "arn:aws:ec2:" + region + ":aws:prefix-list/pl-1"},
}
