package key

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// administer is what keeping a key takes, and nothing that reads data. It
// contains kms:PutKeyPolicy, without which KMS refuses a policy as a lock-out.
var administer = []string{
	"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
	"kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
	"kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy",
	"kms:RetireGrant", "kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource",
	"kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
}

// use is what encrypting and decrypting take.
var use = []string{
	"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
	"kms:ReEncryptFrom", "kms:ReEncryptTo",
}

// policy returns the key's policy. The account's root stands for the account:
// its IAM policies decide who administers and uses the key, so nobody gets
// anything from this policy alone but the services and the linked roles. The
// resource "*" of a key's policy is the key itself.
func (a *Args) policy() pulumi.StringOutput {
	root := policy.Principals{AWS: []pulumi.StringInput{
		pulumi.Sprintf("arn:%s:iam::%s:root", a.partition(), a.Account),
	}}
	forService := []policy.Condition{policy.When("Bool", "kms:GrantIsForAWSResource", pulumi.String("true"))}
	grants := policy.Statement{
		Sid: "AccountGrants", Principals: root, Actions: []string{"kms:CreateGrant"},
		Unscoped: true, Conditions: forService,
	}
	if a.OwnGrants {
		grants.Conditions = nil
	}
	statements := []policy.Statement{
		{Sid: "AccountAdministers", Principals: root, Actions: administer, Unscoped: true},
		{Sid: "AccountUses", Principals: root, Actions: use, Unscoped: true},
		grants,
	}
	for _, s := range a.Services {
		statements = append(statements, policy.Statement{
			Principals: policy.Principals{Services: []string{s.Principal}},
			Actions:    use, Unscoped: true, Conditions: s.Conditions,
		})
	}
	for _, l := range a.Linked {
		statements = append(statements, a.linked(l, use), a.linked(l, []string{"kms:CreateGrant"}, forService...))
	}
	return policy.Document(statements...)
}

// linked allows a service-linked role by condition, not as the principal: KMS
// refuses a policy whose principal does not exist, and AWS makes these roles
// only when their service is first used.
func (a *Args) linked(role string, actions []string, conditions ...policy.Condition) policy.Statement {
	arn := pulumi.Sprintf("arn:%s:iam::%s:role/aws-service-role/%s", a.partition(), a.Account, role)
	return policy.Statement{
		Principals: policy.Principals{Anyone: true}, Actions: actions, Unscoped: true,
		Conditions: append([]policy.Condition{
			policy.When("StringEquals", "kms:CallerAccount", a.Account),
			policy.When("ArnEquals", "aws:PrincipalArn", arn),
		}, conditions...),
	}
}
