package existing

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkKey looks at the key's state, and at its rotation and policy, which no data
// source tells: it reads the key as a resource.
func (f *finder) checkKey() {
	arn := f.cfg.Existing.Key
	if arn == "" {
		return
	}
	key, err := kms.LookupKey(f.ctx, &kms.LookupKeyArgs{KeyId: arn})
	if err != nil {
		f.failed("existing.key", arn, err)
		return
	}
	f.take(keyReport(key, f.account))
	read, err := kms.GetKey(f.ctx, "existing-key", pulumi.ID(key.KeyId), nil)
	if err != nil {
		f.failed("existing.key", arn, err)
		return
	}
	rotates, err := await[bool](f.ctx, read.EnableKeyRotation)
	if err == nil {
		var policy string
		if policy, err = await[string](f.ctx, read.Policy); err == nil {
			f.take(settingsReport(key, f.account, rotates, policy))
		}
	}
	if err != nil {
		f.failed("existing.key", arn, err)
	}
}

// keyReport says what keeps a key from encrypting our data.
func keyReport(key *kms.LookupKeyResult, account string) *report {
	r := &report{key: "existing.key", id: key.Arn}
	switch {
	case key.KeyState == "PendingDeletion":
		r.say("it is deleted on %s, and everything under it is lost then: run `aws kms cancel-key-deletion --key-id %s`, or name another", key.DeletionDate, key.KeyId)
	case !key.Enabled:
		r.say("it is disabled: run `aws kms enable-key --key-id %s`", key.KeyId)
	}
	if key.KeySpec != "SYMMETRIC_DEFAULT" || key.KeyUsage != "ENCRYPT_DECRYPT" {
		r.say("a key of %s for %s: S3 and ECR encrypt under symmetric keys for ENCRYPT_DECRYPT only; name such a one",
			key.KeySpec, key.KeyUsage)
	}
	if key.KeyManager != "CUSTOMER" {
		r.say("AWS manages it, so that nobody can be let use it: name a key of the account's own")
	}
	if key.AwsAccountId != account {
		r.say("it is of account %s, and this is %s: permissions of roles here do not reach it; name a key of this account",
			key.AwsAccountId, account)
	}
	return r
}

// settingsReport says whether the key rotates, and whether its policy leaves to IAM who
// may use it: roles of the workloads are let by their own policies alone.
func settingsReport(key *kms.LookupKeyResult, account string, rotates bool, policy string) *report {
	r := &report{key: "existing.key", id: key.Arn}
	if !rotates {
		r.say("it does not rotate: run `aws kms enable-key-rotation --key-id %s`", key.KeyId)
	}
	delegates, err := delegated(policy, account)
	switch {
	case err != nil:
		r.say("its policy cannot be read: %s", err)
	case !delegates:
		r.say("its policy does not let IAM say who may use it: add a statement that allows kms:* to arn:aws:iam::%s:root", account)
	}
	return r
}

// delegated reports whether a key's policy leaves every action to the account's IAM.
func delegated(policy, account string) (bool, error) {
	var doc struct {
		Statement []struct {
			Effect    string
			Principal any
			Action    any
			Condition map[string]any
		}
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return false, fmt.Errorf("no JSON: %w", err)
	}
	for _, s := range doc.Statement {
		principals, _ := s.Principal.(map[string]any)
		who := texts(principals["AWS"])
		root := slices.ContainsFunc(who, func(one string) bool {
			return one == account || one == "arn:aws:iam::"+account+":root" ||
				one == "arn:aws-us-gov:iam::"+account+":root"
		})
		if s.Effect == "Allow" && root && slices.Contains(texts(s.Action), "kms:*") && len(s.Condition) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// texts are a policy's value, which is a text or a list of them.
func texts(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				out = append(out, text)
			}
		}
	}
	return out
}
