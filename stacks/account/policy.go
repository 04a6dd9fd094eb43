package account

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// denials refuse whoever does not use TLS 1.2. Who may read a state is for the
// policies of roles to say.
func (a *Account) denials() []any {
	bucket := fmt.Sprintf("arn:%s:s3:::%s", a.partition, a.Bucket())
	deny := func(sid, test, key, value string) any {
		return map[string]any{"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
			"Resource": []any{bucket, bucket + "/*"}, "Condition": map[string]any{test: map[string]any{key: value}}}
	}
	return []any{
		deny("TLSOnly", "Bool", "aws:SecureTransport", "false"),
		deny("TLS12", "NumericLessThan", "s3:TlsVersion", "1.2"),
	}
}

// policyNow returns the statements of the bucket's policy; nil: it has none.
func (a *Account) policyNow(ctx context.Context) ([]any, error) {
	found, err := a.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner()})
	if absent(err, "NoSuchBucketPolicy") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var now struct{ Statement any }
	if err := json.Unmarshal([]byte(aws.ToString(found.Policy)), &now); err != nil {
		return nil, fmt.Errorf("the bucket's policy is not JSON: %w", err)
	}
	if list, ok := now.Statement.([]any); ok {
		return list, nil
	}
	return []any{now.Statement}, nil // IAM lets one statement be no list
}

func (a *Account) lookPolicy(ctx context.Context) (string, bool, error) {
	now, err := a.policyNow(ctx)
	if err != nil || now == nil {
		return "none", false, err
	}
	for _, want := range a.denials() {
		if !slices.ContainsFunc(now, func(one any) bool { return reflect.DeepEqual(one, want) }) {
			return "another", false, nil
		}
	}
	return "", true, nil
}

// confine adds our statements to those that somebody else may have written.
func (a *Account) confine(ctx context.Context) error {
	now, err := a.policyNow(ctx)
	if err != nil {
		return err
	}
	ours := a.denials()
	for _, one := range now {
		m, _ := one.(map[string]any)
		if sid := m["Sid"]; sid != "TLSOnly" && sid != "TLS12" {
			ours = append(ours, one)
		}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": ours})
	if err != nil {
		return err
	}
	_, err = a.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner(), Policy: aws.String(string(text))})
	return err
}
