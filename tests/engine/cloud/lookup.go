package cloud

import (
	"errors"
	"fmt"
	"strings"
)

// lookups are the data sources whose answer is what exists.
var lookups = map[string]func(*Store, map[string]any) (map[string]any, error){
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": (*Store).issuer,
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
