package cloud

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// lookups are the data sources whose answer is what exists.
var lookups = map[string]func(*Store, map[string]any) (map[string]any, error){
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": (*Store).issuer,
	"aws:resourcegroupstaggingapi/getResources:getResources":    (*Store).tagged,
}

// find returns the resource of the type and ID; nil: there is none.
func (s *Store) find(typ, id string) (*Resource, error) {
	all, err := s.Resources()
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Type == typ && r.ID == id {
			return &r, nil
		}
	}
	return nil, nil
}

// tagged are the tags of resources by their ARNs, or of those that have some tags.
func (s *Store) tagged(args map[string]any) (map[string]any, error) {
	all, err := s.Resources()
	if err != nil {
		return nil, err
	}
	out := []any{}
	arns, byARN := args["resourceArnLists"].([]any)
	filters, _ := args["tagFilters"].([]any)
	for _, r := range all {
		tags, ok := r.Inputs["tags"].(map[string]any)
		if !ok || !strings.HasPrefix(r.Type, "aws:") || byARN && !slices.Contains(arns, any(arn(r.Type, r.ID))) ||
			!passes(tags, filters) {
			continue
		}
		out = append(out, map[string]any{"resourceArn": arn(r.Type, r.ID), "tags": tags})
	}
	return map[string]any{"id": account, "resourceTagMappingLists": out}, nil
}

// passes reports whether the tags have, for each filter's key, one of its values.
func passes(tags map[string]any, filters []any) bool {
	for _, one := range filters {
		filter, _ := one.(map[string]any)
		key, _ := filter["key"].(string)
		values, _ := filter["values"].([]any)
		if !slices.Contains(values, tags[key]) {
			return false
		}
	}
	return true
}

// issuer is an identity provider by its ARN or its URL.
func (s *Store) issuer(args map[string]any) (map[string]any, error) {
	id, _ := args["arn"].(string)
	if url, ok := args["url"].(string); ok {
		id = arn(issuerType, strings.TrimPrefix(url, "https://"))
	}
	found, err := s.find(issuerType, id)
	if err == nil && found == nil {
		err = errors.New("NoSuchEntity")
	}
	if err != nil {
		return nil, fmt.Errorf("identity provider %s: %w", id, err)
	}
	return map[string]any{"id": id, "arn": id, "tags": found.Inputs["tags"], "url": found.Inputs["url"],
		"clientIdLists": found.Inputs["clientIdLists"]}, nil
}

// Retag sets a tag of every resource of the type, as if somebody else had made it.
func (s *Store) Retag(typ, key, value string) error {
	all, err := s.Resources()
	for _, r := range all {
		if tags, ok := r.Inputs["tags"].(map[string]any); ok && r.Type == typ {
			tags[key] = value
			err = errors.Join(err, s.replace(r))
		}
	}
	return err
}
