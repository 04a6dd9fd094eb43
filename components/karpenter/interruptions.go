package karpenter

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// event is one kind of event of AWS by which the controller learns that a node goes.
type event struct{ name, source, kind string }

// events are those that the controller understands: it drains the node before AWS takes
// it, and starts another one.
var events = []event{
	{"spot", "aws.ec2", "EC2 Spot Instance Interruption Warning"},
	{"rebalance", "aws.ec2", "EC2 Instance Rebalance Recommendation"},
	{"state", "aws.ec2", "EC2 Instance State-change Notification"},
	{"health", "aws.health", "AWS Health Event"},
}

// interruptions registers the queue and the rules that fill it. A message is of no use
// after five minutes: a spot instance goes after two.
func (b *build) interruptions() error {
	child := pulumi.Parent(b.c)
	queue, err := sqs.NewQueue(b.ctx, b.name, &sqs.QueueArgs{
		Name:                    pulumi.String(b.args.QueueName()),
		MessageRetentionSeconds: pulumi.Int(300),
		// Events say which machine goes, and nothing else: no key of ours is needed.
		SqsManagedSseEnabled: pulumi.Bool(true),
		Tags:                 b.tags,
	}, child)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	var senders []pulumi.StringInput
	for _, e := range events {
		pattern, err := json.Marshal(map[string][]string{"source": {e.source}, "detail-type": {e.kind}})
		if err != nil {
			return fmt.Errorf("rule %s: %w", e.name, err)
		}
		rule, err := cloudwatch.NewEventRule(b.ctx, b.name+"-"+e.name, &cloudwatch.EventRuleArgs{
			Name:         pulumi.String(b.args.Prefix + "-karpenter-" + e.name),
			Description:  pulumi.String(e.kind + ", for Karpenter in the cluster " + b.args.Cluster),
			EventPattern: pulumi.String(pattern),
			Tags:         b.tags,
		}, child)
		if err != nil {
			return fmt.Errorf("rule %s: %w", e.name, err)
		}
		if _, err := cloudwatch.NewEventTarget(b.ctx, b.name+"-"+e.name, &cloudwatch.EventTargetArgs{
			Rule: rule.Name, TargetId: pulumi.String("karpenter"), Arn: queue.Arn,
		}, child); err != nil {
			return fmt.Errorf("rule %s: target: %w", e.name, err)
		}
		senders = append(senders, rule.Arn)
	}
	allowed, err := sqs.NewQueuePolicy(b.ctx, b.name, &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: senderPolicy(queue.Arn, senders),
	}, child)
	if err != nil {
		return fmt.Errorf("queue's policy: %w", err)
	}
	b.c.Ready = append(b.c.Ready, queue, allowed)
	return nil
}

// senderPolicy lets the rules send, and nobody without TLS.
func senderPolicy(queue pulumi.StringInput, rules []pulumi.StringInput) pulumi.StringOutput {
	return policy.Document(
		policy.Statement{
			Sid: "Events", Principals: policy.Principals{Services: []string{"events.amazonaws.com"}},
			Actions: []string{"sqs:SendMessage"}, Resources: []pulumi.StringInput{queue},
			Conditions: []policy.Condition{{Test: "ArnEquals", Key: "aws:SourceArn", Values: rules}},
		},
		policy.Statement{
			Sid: "TLSOnly", Deny: true, Principals: policy.Principals{Anyone: true},
			Actions: []string{"sqs:*"}, Resources: []pulumi.StringInput{queue},
			Conditions: []policy.Condition{policy.When("Bool", "aws:SecureTransport", pulumi.String("false"))},
		})
}
