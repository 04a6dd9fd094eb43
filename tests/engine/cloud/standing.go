package cloud

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Stand puts resources into the account that no stack has made, as a platform team's
// own are: a VPC, a cluster, a database. Inputs are what data sources answer too.
func (s *Store) Stand(all ...Resource) error {
	for _, r := range all {
		if err := s.create(r); err != nil {
			return err
		}
	}
	return nil
}

// Change sets an input of a resource that stands there.
func (s *Store) Change(typ, id, key string, value any) error {
	found, err := s.find(typ, id)
	if err != nil || found == nil {
		return errors.Join(err, fmt.Errorf("no %s %s", typ, id))
	}
	found.Inputs[key] = value
	return s.replace(*found)
}

// standing is a data source that answers with the inputs of what stands there: of which
// type, and the argument that names it.
type standing struct{ typ, by string }

// stands are those of the parts of a foundation.
var stands = map[string]standing{
	"aws:ec2/getVpc:getVpc":                 {"aws:ec2/vpc:Vpc", "id"},
	"aws:ec2/getSubnet:getSubnet":           {"aws:ec2/subnet:Subnet", "id"},
	"aws:ec2/getRouteTable:getRouteTable":   {"aws:ec2/routeTable:RouteTable", "subnetId"},
	"aws:ec2/getVpcEndpoint:getVpcEndpoint": {"aws:ec2/vpcEndpoint:VpcEndpoint", "serviceName"},
	"aws:eks/getCluster:getCluster":         {"aws:eks/cluster:Cluster", "name"},
	"aws:eks/getAddon:getAddon":             {"aws:eks/addon:Addon", "addonName"},
	"aws:kms/getKey:getKey":                 {"aws:kms/key:Key", "keyId"},
	"aws:rds/getInstance:getInstance":       {"aws:rds/instance:Instance", "dbInstanceIdentifier"},
	"aws:rds/getSubnetGroup:getSubnetGroup": {"aws:rds/subnetGroup:SubnetGroup", "name"},
	"aws:vpc/getSecurityGroupRule:getSecurityGroupRule": {"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
		"securityGroupRuleId"},
	"aws:ecr/getRepository:getRepository":      {"aws:ecr/repository:Repository", "name"},
	"aws:s3/getBucket:getBucket":               {"aws:s3/bucketV2:BucketV2", "bucket"},
	"aws:cloudcontrol/getResource:getResource": {"aws:cloudcontrol/resource:Resource", "identifier"},
	"aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock": {
		"aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "accountId"},
}

// look answers a data source of a part; known is false where it is none.
func (s *Store) look(token string, args map[string]any) (answer map[string]any, known bool, err error) {
	if token == "aws:vpc/getSecurityGroupRules:getSecurityGroupRules" {
		answer, err = s.rules(args)
		return answer, true, err
	}
	of, known := stands[token]
	if !known {
		return nil, false, nil
	}
	id, _ := args[of.by].(string)
	if of.by == "keyId" {
		id = id[strings.LastIndex(id, "/")+1:]
	}
	found, err := s.find(of.typ, id)
	if err != nil {
		return nil, true, err
	}
	if found == nil {
		return nil, true, fmt.Errorf("no matching %s found", of.typ)
	}
	answer = map[string]any{"id": id}
	for key, value := range found.Inputs {
		answer[key] = value
	}
	if endpoint, ca := eks(); of.typ == "aws:eks/cluster:Cluster" {
		answer["endpoint"] = strings.ReplaceAll(endpoint, "%s", id)
		answer["certificateAuthorities"] = []any{map[string]any{"data": ca}}
	}
	return answer, true, nil
}

// rules are the ids of the rules of the groups that a filter names.
func (s *Store) rules(args map[string]any) (map[string]any, error) {
	all, err := s.Resources()
	if err != nil {
		return nil, err
	}
	var groups []any
	if filters, _ := args["filters"].([]any); len(filters) == 1 {
		filter, _ := filters[0].(map[string]any)
		groups, _ = filter["values"].([]any)
	}
	ids := []any{}
	for _, r := range all {
		if strings.HasSuffix(r.Type, ":SecurityGroupIngressRule") &&
			slices.Contains(groups, r.Inputs["securityGroupId"]) {
			ids = append(ids, r.ID)
		}
	}
	return map[string]any{"id": region, "ids": ids}, nil
}

// bareCluster is the file that lists the kinds that a platform team's cluster has.
const bareCluster = "kinds"

// Offer says which kinds the clusters have; without a call they have all.
func (s *Store) Offer(kinds ...string) error {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(s.dir+"/"+bareCluster, []byte(strings.Join(kinds, "\n")), 0o600)
}
