package karpenter

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func args() *Args {
	return &Args{
		Prefix: "ashlar-prod", Cluster: "ashlar-prod", ClusterName: pulumi.String("ashlar-prod"), Region: "eu-west-1",
		Account: pulumi.String("1"), SubnetIDs: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		SecurityGroup: pulumi.String("sg-1"), KMSKeyArn: pulumi.String("arn:aws:kms:eu-west-1:1:key/nodes"),
		Pools: []Pool{{Name: "general", CPU: 8, Memory: "32Gi"}, {Name: "batch", Spot: true, CPU: 64, Memory: "256Gi"},
			{Name: "arm", ARM: true, CPU: 8, Memory: "32Gi"}, {Name: "gpu", GPU: true, Spot: true, CPU: 8, Memory: "64Gi"}},
		Consolidation: WhenUnderutilized, ConsolidateAfter: "5m",
		Tags: map[string]string{"ashlar:owner": "platform"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		k, err := New(ctx, "karpenter", a)
		if err != nil {
			return err
		}
		return k.Pools(ctx, a, nil)
	})
}

const (
	poolType  = "kubernetes:karpenter.sh/v1:NodePool"
	classType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
)

func TestPoolsKeepPodsAwayThatDidNotAsk(t *testing.T) {
	r := record(t, args())
	for name, want := range map[string][]string{
		"general": nil, "batch": {"ashlar.dev/capacity=spot"}, "arm": {"kubernetes.io/arch=arm64"},
		"gpu": {"ashlar.dev/capacity=spot", "nvidia.com/gpu=present"},
	} {
		var got []string
		taints, _ := r.Named(t, poolType, "karpenter-"+name).At("spec.template.spec.taints").([]any)
		for _, one := range taints {
			taint := one.(map[string]any)
			got = append(got, taint["key"].(string)+"="+taint["value"].(string))
			if taint["effect"] != "NoSchedule" {
				t.Errorf("%s: effect %v", name, taint["effect"])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is tainted %v, want %v", name, got, want)
		}
	}
	gpu := r.Named(t, poolType, "karpenter-gpu")
	labels := gpu.At("spec.template.metadata.labels").(map[string]any)
	if labels["nvidia.com/gpu.present"] != "true" || labels["ashlar.dev/pool"] != "gpu" {
		t.Errorf("the device plugin does not find it: %v", labels)
	}
	if gpu.At("spec.limits.cpu") != "8" || gpu.At("spec.limits.memory") != "64Gi" ||
		gpu.At("spec.disruption.consolidateAfter") != "5m" ||
		gpu.At("spec.disruption.consolidationPolicy") != "WhenEmptyOrUnderutilized" {
		t.Errorf("spec %v", gpu.At("spec"))
	}
}

func TestRequirementsSayWhatAMachineIs(t *testing.T) {
	r := record(t, args())
	of := func(name string) map[string]string {
		out := map[string]string{}
		for _, one := range r.Named(t, poolType, "karpenter-"+name).At("spec.template.spec.requirements").([]any) {
			need := one.(map[string]any)
			var values []string
			for _, v := range need["values"].([]any) {
				values = append(values, v.(string))
			}
			out[need["key"].(string)] = need["operator"].(string) + " " + strings.Join(values, ",")
		}
		return out
	}
	if got := of("gpu"); got["karpenter.sh/capacity-type"] != "In spot" || got["kubernetes.io/arch"] != "In amd64" ||
		got["karpenter.k8s.aws/instance-gpu-manufacturer"] != "In nvidia" {
		t.Errorf("gpu: %v", got)
	}
	if got := of("arm"); got["karpenter.sh/capacity-type"] != "In on-demand" ||
		got["kubernetes.io/arch"] != "In arm64" || got["karpenter.k8s.aws/instance-generation"] != "Gt 4" {
		t.Errorf("arm: %v", got)
	}
}

func TestNodesAreAsThoseOfManagedGroups(t *testing.T) {
	class := record(t, args()).One(t, classType)
	for path, want := range map[string]any{
		"spec.metadataOptions.httpTokens":              "required",
		"spec.metadataOptions.httpPutResponseHopLimit": 1.0,
		"spec.blockDeviceMappings.0.ebs.encrypted":     true,
		"spec.blockDeviceMappings.0.ebs.kmsKeyID":      "arn:aws:kms:eu-west-1:1:key/nodes",
		"spec.subnetSelectorTerms.1.id":                "subnet-2",
		"spec.securityGroupSelectorTerms.0.id":         "sg-1",
		"spec.amiSelectorTerms.0.alias":                "al2023@latest",
		"spec.role":                                    nil, // the controller would make profiles of it
		"spec.instanceProfile":                         "ashlar-prod-karpenter-node",
	} {
		if got := class.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	shared := args()
	shared.KMSKeyArn = nil
	if got := record(t, shared).One(t, classType).At("spec.blockDeviceMappings.0.ebs.kmsKeyID"); got != nil {
		t.Errorf("a key of somebody else's cluster: %v", got)
	}
}

func TestEveryInterruptionReachesTheQueueAndNothingElseDoes(t *testing.T) {
	r := record(t, args())
	var kinds []string
	for _, rule := range r.All("aws:cloudwatch/eventRule:EventRule") {
		var pattern map[string][]string
		if err := json.Unmarshal([]byte(rule.Text("eventPattern")), &pattern); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, pattern["detail-type"]...)
	}
	if len(kinds) != 4 || !slices.Contains(kinds, "EC2 Spot Instance Interruption Warning") {
		t.Errorf("the controller hears of %v", kinds)
	}
	statements := pulumitest.Statements(t, r.One(t, "aws:sqs/queuePolicy:QueuePolicy").Text("policy"))
	rule := pulumitest.Arn("aws:cloudwatch/eventRule:EventRule", "karpenter-spot")
	queue := pulumitest.Arn("aws:sqs/queue:Queue", "karpenter")
	for source, want := range map[string]bool{rule: true, "arn:aws:events:eu-west-1:2:rule/other": false} {
		got, err := pulumitest.Allows(statements, pulumitest.Request{Action: "sqs:SendMessage", Resource: queue,
			Context: map[string]string{"aws:SourceArn": source, "aws:SecureTransport": "true"}})
		if err != nil || got != want {
			t.Errorf("%s sends: %t, %v", source, got, err)
		}
	}
}

func TestTheNodesRoleIsANodesAndNoMore(t *testing.T) {
	r := record(t, args())
	if typ := r.One(t, "aws:eks/accessEntry:AccessEntry").Text("type"); typ != "EC2_LINUX" {
		t.Errorf("nodes come in as %s", typ)
	}
	for _, a := range r.All("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if strings.Contains(a.Text("policyArn"), "CNI") {
			t.Error("every pod of a node could change the network")
		}
	}
	if err := policy.Check(args().Statements()); err != nil {
		t.Error(err)
	}
	cheap := args()
	cheap.Pools = cheap.Pools[:1]
	for _, s := range cheap.Statements() {
		if s.Sid == "SpotRole" {
			t.Error("nobody asked for spot instances")
		}
	}
}

func TestEveryProblemIsReported(t *testing.T) {
	err := (&Args{Prefix: "a/b", Pools: []Pool{{Name: "A"}, {Name: "x", CPU: 1, Memory: "1", ARM: true, GPU: true},
		{Name: "x", CPU: 1, Memory: "1Gi"}}}).Validate()
	for _, want := range []string{"prefix", "no cluster", "no account", "no subnets", "no security group",
		"consolidation \"\"", "consolidation after", "pool x is named twice", `pool "A"`, "limit of 0 cores",
		`limit of memory "1"`, "arm64"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
