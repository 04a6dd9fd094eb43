package config

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// CodeOf says how a pod mounts the files: the ConfigMap that New makes of them,
// named by their content, and where each is. No files are nil.
func CodeOf(code map[string][]byte) *pod.Code {
	if len(code) == 0 {
		return nil
	}
	out := &pod.Code{Name: "code-" + codeDigest(code)[:12]}
	for i, path := range slices.Sorted(maps.Keys(code)) {
		out.Items = append(out.Items, pod.Item{Key: key(i), Path: path})
	}
	return out
}

// key is a ConfigMap's, for it cannot be a path.
func key(i int) string { return fmt.Sprintf("file-%04d", i) }

// codeBytes is how much of a ConfigMap's 1 MiB the files take, with their paths.
func codeBytes(code map[string][]byte) int {
	n := 0
	for path, text := range code {
		n += len(path) + len(text)
	}
	return n
}

// codeDigest tells apart every set of files: each length precedes what it is of.
func codeDigest(code map[string][]byte) string {
	var all []byte
	for _, path := range slices.Sorted(maps.Keys(code)) {
		all = fmt.Appendf(all, "%d %s %d ", len(path), path, len(code[path]))
		all = append(all, code[path]...)
	}
	return digest(all)
}

// code registers the files as a ConfigMap that is named by their digest and never
// changes. What is not UTF-8 goes where Kubernetes keeps bytes, in base64.
func (a *Args) code(ctx *pulumi.Context, name string, c *Config) (*corev1.ConfigMap, error) {
	text, binary := pulumi.StringMap{}, pulumi.StringMap{}
	for i, path := range slices.Sorted(maps.Keys(a.Code)) {
		if content := a.Code[path]; utf8.Valid(content) {
			text[key(i)] = pulumi.String(string(content))
		} else {
			binary[key(i)] = pulumi.String(base64.StdEncoding.EncodeToString(content))
		}
	}
	args := &corev1.ConfigMapArgs{
		Metadata:  object.Meta(a.Namespace, CodeOf(a.Code).Name, a.Labels, kept("code", codeDigest(a.Code))),
		Immutable: pulumi.Bool(true), Data: text,
	}
	if len(binary) > 0 {
		args.BinaryData = binary
	}
	return corev1.NewConfigMap(ctx, name+"-code", args, pulumi.Parent(c), pulumi.DependsOn(a.After),
		pulumi.RetainOnDelete(true))
}
