package accounttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// key is one of KMS.
type key struct {
	State    string
	Tags     []map[string]string // TagKey, TagValue
	Rotation bool
}

// AddKey makes a key with a state and tags, "KEY=VALUE" each, and the alias, if any.
func (a *Account) AddKey(state, alias string, tags ...string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := &key{State: state}
	for _, t := range tags {
		name, value, _ := strings.Cut(t, "=")
		k.Tags = append(k.Tags, map[string]string{"TagKey": name, "TagValue": value})
	}
	id := a.newKey(k)
	if alias != "" {
		a.alias[alias] = id
	}
	return id
}

func (a *Account) newKey(k *key) string {
	id := fmt.Sprintf("00000000-0000-0000-0000-%012d", len(a.keys)+1)
	a.keys[id] = k
	return id
}

func keyArn(id string) string { return "arn:aws:kms:eu-central-1:" + ID + ":key/" + id }

// kms answers an action of KMS: what it returns, or a code.
func (a *Account) kms(action string, body []byte) (any, string) {
	var in struct {
		KeyId, AliasName, TargetKeyId string //nolint:revive // KMS' names
		Tags                          []map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, "SerializationException"
	}
	if action == "CreateKey" {
		a.change("%s", action)
		id := a.newKey(&key{State: "Enabled", Tags: in.Tags})
		return map[string]any{"KeyMetadata": map[string]any{"KeyId": id, "Arn": keyArn(id), "KeyState": "Enabled"}}, ""
	}
	if action == "ListKeys" {
		var all []map[string]string
		for id := range a.keys {
			all = append(all, map[string]string{"KeyId": id, "KeyArn": keyArn(id)})
		}
		slices.SortFunc(all, func(x, y map[string]string) int { return strings.Compare(x["KeyId"], y["KeyId"]) })
		return map[string]any{"Keys": all, "Truncated": false}, ""
	}
	id := in.KeyId + in.TargetKeyId
	if of, named := a.alias[id]; named {
		id = of
	}
	id = strings.TrimPrefix(id, keyArn(""))
	k := a.keys[id]
	if k == nil {
		return nil, "NotFoundException"
	}
	switch action {
	case "CreateAlias":
		if _, there := a.alias[in.AliasName]; there {
			return nil, "AlreadyExistsException"
		}
		a.change("%s %s", action, in.AliasName)
		a.alias[in.AliasName] = id
	case "DescribeKey":
		return map[string]any{"KeyMetadata": map[string]any{"KeyId": id, "Arn": keyArn(id), "KeyState": k.State}}, ""
	case "ListResourceTags":
		return map[string]any{"Tags": k.Tags, "Truncated": false}, ""
	case "GetKeyRotationStatus":
		return map[string]any{"KeyRotationEnabled": k.Rotation}, ""
	case "EnableKeyRotation":
		a.change("%s", action)
		k.Rotation = true
	default:
		return nil, "UnknownOperationException"
	}
	return map[string]any{}, ""
}

// jsonAnswer is KMS' form.
type jsonAnswer struct{ w http.ResponseWriter }

func (j jsonAnswer) right(v any) {
	j.w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(j.w).Encode(v) // the client sees what is missing
}

func (j jsonAnswer) wrong(code string) {
	j.w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	j.w.WriteHeader(status(code))
	_ = json.NewEncoder(j.w).Encode(map[string]string{"__type": code, "message": "the test said so"})
}
