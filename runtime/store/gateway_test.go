//go:build integration

package store

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	static "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The user whose rights are a part of a bucket.
const (
	tenant       = "tenant"
	tenantSecret = "tenantsecret"
)

// sharedBucket runs a real S3 server with a bucket of which the user tenant may use the
// prefix acme/ only, signs in as that user, and returns the options of URLs, and the
// folder that is the bucket.
func sharedBucket(t *testing.T) (query, bucket string) {
	t.Helper()
	program := os.Getenv("ASHLAR_TEST_S3GW")
	if program == "" {
		t.Skip("skipped: ASHLAR_TEST_S3GW is not set; it names the binary of versitygw")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bucket = filepath.Join(dir, "data", "platform-ml")
	for _, name := range []string{bucket, filepath.Join(dir, "sidecar"), filepath.Join(dir, "users")} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const policy = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": ["tenant"]}, "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
			"Resource": "arn:aws:s3:::platform-ml/acme/*"},
		{"Effect": "Allow", "Principal": {"AWS": ["tenant"]}, "Action": ["s3:ListBucket"],
			"Resource": "arn:aws:s3:::platform-ml"}]}`
	cmd := exec.CommandContext(t.Context(), program, "--port", address, "--region", "eu-central-1", "--quiet",
		"--iam-dir", filepath.Join(dir, "users"), "posix", "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=root", "ROOT_SECRET_KEY=rootsecret")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	answering(t, address)
	admin := exec.CommandContext(t.Context(), program, "admin", "--access", "root", "--secret", "rootsecret",
		"--region", "eu-central-1", "--endpoint-url", "http://"+address, "create-user", "--access", tenant, "--secret", tenantSecret, "--role", "user")
	if said, err := admin.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	query = strings.Replace(options, "eu-west-1", "eu-central-1", 1) + url.QueryEscape("http://"+address)
	owner := s3.New(s3.Options{Region: "eu-central-1", BaseEndpoint: aws.String("http://" + address), UsePathStyle: true,
		Credentials: static.NewStaticCredentialsProvider("root", "rootsecret", "")})
	if _, err := owner.PutBucketPolicy(t.Context(),
		&s3.PutBucketPolicyInput{Bucket: aws.String("platform-ml"), Policy: aws.String(policy)}); err != nil {
		t.Fatal(err)
	}
	credentials(t)
	t.Setenv("AWS_ACCESS_KEY_ID", tenant)
	t.Setenv("AWS_SECRET_ACCESS_KEY", tenantSecret)
	return query, bucket
}

// answering waits until the server takes connections.
func answering(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
}

// TestAStoreIsAPrefixOfARealBucket is existing.bucket against a real S3 server: a store
// below the prefix that its user may use has everything, keeps to the prefix, and is
// refused what is another tenant's.
func TestAStoreIsAPrefixOfARealBucket(t *testing.T) {
	query, bucket := sharedBucket(t)
	ctx := t.Context()
	const prefix = "acme/prod/shop/credit/store"
	own := open(t, "s3://platform-ml/"+prefix+query)
	digest := put(t, own, "a model")
	if got, err := own.GetBytes(ctx, digest, 100); string(got) != "a model" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	absent := "sha256:" + strings.Repeat("0", 64)
	if there, err := own.Has(ctx, absent); there || err != nil {
		t.Errorf("what is missing: %t, %v", there, err)
	}
	if there, err := own.Has(ctx, digest); !there || err != nil {
		t.Errorf("what is there: %t, %v", there, err)
	}
	second := open(t, "s3://platform-ml/acme/prod/shop/churn/store"+query)
	if there, err := second.Has(ctx, digest); there || err != nil {
		t.Errorf("another blueprint's store has it: %t, %v", there, err)
	}
	var outside []string
	err := filepath.WalkDir(bucket, func(path string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(bucket, path)
		if err == nil && !d.IsDir() && !strings.HasPrefix(rel, prefix+"/") {
			outside = append(outside, rel)
		}
		return err
	})
	if err != nil || len(outside) > 0 {
		t.Errorf("written outside of the prefix: %v, %v", outside, err)
	}
	files, err := filepath.Glob(filepath.Join(bucket, prefix, "objects", "*", "*", "*"))
	if err != nil || len(files) == 0 {
		t.Errorf("the object is not below the prefix: %v, %v", files, err)
	}
	other, err := Open(ctx, "s3://platform-ml/rival/prod/shop/credit/store"+query)
	if err == nil {
		_, _, err = other.Put(ctx, strings.NewReader("mine"))
	}
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("another tenant's prefix: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(bucket, "rival", "*")); len(left) > 0 {
		t.Errorf("another tenant's prefix has %v", left)
	}
}
