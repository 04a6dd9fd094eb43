package pulumitest

import "testing"

// The rules are those of IAM's documentation, "Policy evaluation logic" and
// "IAM JSON policy elements".
func TestStatementsAreEvaluatedAsIAMDoes(t *testing.T) {
	statements := Statements(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::b/x/*", "arn:aws:s3:::c?"]},
		{"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/x/secret*"},
		{"Effect": "Allow", "Action": ["iam:CreateRole"], "Resource": "arn:aws:iam::1:role/a-*", "Condition": {"ArnEquals": {"iam:PermissionsBoundary": ["arn:b"]}}},
		{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::b", "Condition": {"StringLikeIfExists": {"s3:prefix": ["x/*", "y"]}}},
		{"Effect": "Allow", "Action": ["sqs:Get"], "NotResource": ["arn:aws:sqs:::shared"]},
		{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::d/${aws:PrincipalTag/team}/*"},
		{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::d", "Condition": {"StringLike": {"s3:prefix": ["${aws:PrincipalTag/team}/*"]}}}
	]}`)
	team := map[string]string{"aws:PrincipalTag/team": "one", "s3:prefix": "one/x"}
	for want, requests := range map[bool][]Request{
		true: {
			{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x/1"},
			{Action: "S3:getobjecttagging", Resource: "arn:aws:s3:::b/x/y/z"},
			{Action: "s3:GetBucketPolicy", Resource: "arn:aws:s3:::cc"},
			{"iam:CreateRole", "arn:aws:iam::1:role/a-1", map[string]string{"iam:PermissionsBoundary": "arn:b"}},
			{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"},
			{"s3:ListBucket", "arn:aws:s3:::b", map[string]string{"s3:prefix": "x/1"}},
			{Action: "sqs:Get", Resource: "arn:aws:sqs:::other"},
			{"s3:PutObject", "arn:aws:s3:::d/one/x", team}, {"s3:ListBucket", "arn:aws:s3:::d", team},
		},
		false: {
			{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x/secret.csv"},
			{Action: "s3:PutObject", Resource: "arn:aws:s3:::b/x/1"},
			{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/y"},
			{Action: "s3:GetBucketPolicy", Resource: "arn:aws:s3:::c"},
			{Action: "iam:CreateRole", Resource: "arn:aws:iam::1:role/a-1"},
			{"iam:CreateRole", "arn:aws:iam::1:role/a-1", map[string]string{"iam:PermissionsBoundary": "arn:c"}},
			{"s3:ListBucket", "arn:aws:s3:::b", map[string]string{"s3:prefix": "z/1"}},
			{Action: "sqs:Get", Resource: "arn:aws:sqs:::shared"},
			{"s3:PutObject", "arn:aws:s3:::d/two/x", team}, {Action: "s3:PutObject", Resource: "arn:aws:s3:::d/one/x"},
			{"s3:ListBucket", "arn:aws:s3:::d", map[string]string{"aws:PrincipalTag/team": "one"}},
			{"s3:ListBucket", "arn:aws:s3:::d", map[string]string{"s3:prefix": "one/x"}},
		},
	} {
		for _, r := range requests {
			if got, err := Allows(statements, r); got != want || err != nil {
				t.Errorf("%+v: %t, %v", r, got, err)
			}
		}
	}
	unknown := []Statement{{Effect: "Allow", Action: []string{"a:B"}, Resource: "*",
		Condition: map[string]map[string][]string{"NumericLessThan": {"k": {"1"}}}}}
	if _, err := Allows(unknown, Request{Action: "a:B", Resource: "x",
		Context: map[string]string{"k": "0"}}); err == nil {
		t.Error("a condition that is not known is evaluated")
	}
}
