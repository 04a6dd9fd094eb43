package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// source says what a data source answers: texts, lists of texts by length, numbers. A text
// within objects and lists has their names and indices before its own, with dots
// between.
type source struct {
	texts   []string
	lists   map[string]int
	numbers []string
}

// sources is the list that a data source is added to when a component reads
// one. An answer is the arguments and these.
var sources = map[string]source{
	"aws:index/getCallerIdentity:getCallerIdentity": {texts: []string{"accountId", "arn", "id", "userId"}},
	"aws:index/getPartition:getPartition": {texts: []string{"partition", "dnsSuffix",
		"reverseDnsPrefix", "id"}},
	"aws:index/getRegion:getRegion": {texts: []string{"name", "description", "endpoint", "id"}},
	"aws:index/getAvailabilityZones:getAvailabilityZones": {texts: []string{"id"},
		lists: map[string]int{"names": 3, "zoneIds": 3, "groupNames": 3}},
	"aws:iam/getPolicyDocument:getPolicyDocument": {texts: []string{"json", "minifiedJson", "id"}},
	"aws:ec2/getPrefixList:getPrefixList": {texts: []string{"id", "name"},
		lists: map[string]int{"cidrBlocks": 1}},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":         {texts: []string{"id", "name", "arn"}},
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": {texts: []string{"arn", "id"}},
	"aws:ssm/getParameter:getParameter":                         {texts: []string{"id", "arn", "value", "type"}},
	// Parts of a foundation that exist.
	"aws:ec2/getVpc:getVpc": {texts: []string{"arn", "cidrBlock"}},
	"aws:eks/getCluster:getCluster": {texts: []string{"arn", "endpoint", "certificateAuthorities.0.data",
		"vpcConfig.clusterSecurityGroupId"}},
	"aws:rds/getInstance:getInstance": {texts: []string{"address", "dbName", "resourceId",
		"masterUserSecrets.0.secretArn", "masterUserSecrets.0.kmsKeyId"}, numbers: []string{"port"}},
	"aws:ecr/getRepository:getRepository": {texts: []string{"arn", "repositoryUrl"}},
	"aws:s3/getBucket:getBucket":          {texts: []string{"arn"}},
}

// probes ask whether something is there, by token and the argument that names it.
// Nothing is: what is written down has no account behind it.
var probes = map[string]resource.PropertyKey{
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": "arn",
	"aws:resourcegroupstaggingapi/getResources:getResources":    "resourceArnLists",
}

// Call keeps a data source and answers with placeholders.
//
// A data source that is not in the list is an error: an answer without the output
// that the program reads would be recorded as an empty text.
func (m *monitor) Call(in pulumi.MockCallArgs) (resource.PropertyMap, error) {
	defer crash.Guard() // the SDK calls it on a goroutine of its own
	if err := m.ended(); err != nil {
		return nil, err
	}
	args := given(in.Args)
	if key, probe := probes[in.Token]; probe && args.HasValue(key) {
		return nil, fmt.Errorf("data source %s: nothing is there", in.Token)
	}
	known, ok := sources[in.Token]
	if !ok {
		return nil, fmt.Errorf("data source %s: the recorder does not know what it answers; known are %s", in.Token,
			strings.Join(slices.Sorted(maps.Keys(sources)), ", "))
	}
	d := Data{Token: in.Token, Name: dataName(in.Token, args), Args: args}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.ContainsFunc(m.data, func(one Data) bool { return one.Name == d.Name }) {
		m.data = append(m.data, d)
	}
	return m.answer(d, known), nil
}

// answer is the arguments and a placeholder for every output. The caller holds mu,
// which note relies on.
func (m *monitor) answer(d Data, known source) resource.PropertyMap {
	v := inventor{origin: Reference{Data: d.Name}, note: func(token string, ref Reference) { m.refs[token] = ref }}
	out := d.Args.Copy()
	for _, name := range known.texts {
		path := strings.Split(name, ".")
		key := resource.PropertyKey(path[0])
		out[key] = place(out[key], path[1:], resource.NewProperty(v.text(path, resource.PropertyValue{})))
	}
	for _, name := range known.numbers {
		out[resource.PropertyKey(name)] = resource.NewProperty(v.number([]string{name}))
	}
	for name, n := range known.lists {
		elements := make([]resource.PropertyValue, n)
		for i := range elements {
			elements[i] = resource.NewProperty(v.text([]string{name, strconv.Itoa(i)}, resource.PropertyValue{}))
		}
		out[resource.PropertyKey(name)] = resource.NewProperty(elements)
	}
	return out
}

// place returns the value with another one put into it at the path, in objects and lists
// that are made where they are missing. A list is made of one element: the list in
// sources asks for no other.
func place(in resource.PropertyValue, path []string, v resource.PropertyValue) resource.PropertyValue {
	if len(path) == 0 {
		return v
	}
	if strings.Trim(path[0], "0123456789") == "" {
		var element resource.PropertyValue
		if in.IsArray() && len(in.ArrayValue()) == 1 {
			element = in.ArrayValue()[0]
		}
		return resource.NewProperty([]resource.PropertyValue{place(element, path[1:], v)})
	}
	out := resource.PropertyMap{}
	if in.IsObject() {
		out = in.ObjectValue().Copy()
	}
	key := resource.PropertyKey(path[0])
	out[key] = place(out[key], path[1:], v)
	return resource.NewProperty(out)
}

// dataName names a data source by what it reads, and by its arguments where it
// has some: "region", "parameter-1a2b3c4d".
func dataName(token string, args resource.PropertyMap) string {
	name := strings.ToLower(strings.TrimPrefix(token[strings.LastIndex(token, ":")+1:], "get"))
	if len(args) == 0 {
		return name
	}
	// Arguments come off the wire as JSON's values: they always marshal.
	text, _ := json.Marshal(PlainMap(args))
	h := sha256.Sum256(text)
	return name + "-" + hex.EncodeToString(h[:4])
}
