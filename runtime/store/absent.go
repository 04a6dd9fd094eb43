package store

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
)

// lister lists a bucket; an *s3.Client is one.
type lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// absent has S3 say "no such key" of an object that is not there, also where the
// caller may list a prefix of the bucket only, as workloads in a bucket that they share.
//
// S3 answers 403 for a missing object to whoever may not list the whole bucket: a
// request for one object has no prefix that a policy could allow. Such an answer is
// followed by a listing of the key itself, which the policy does allow, and stands unless
// that says that there is no such object. Listings are asked of list, one for each refused
// request and none otherwise.
func absent(list lister) func(*s3.Options) {
	look := middleware.InitializeMiddlewareFunc("AshlarAbsent", func(ctx context.Context,
		in middleware.InitializeInput, next middleware.InitializeHandler) (
		out middleware.InitializeOutput, data middleware.Metadata, err error) {
		out, data, err = next.HandleInitialize(ctx, in)
		if bucket, key := object(in.Parameters); key != nil && forbidden(err) && missing(ctx, list, bucket, key) {
			err = &types.NoSuchKey{Message: aws.String("there is no such object; a listing says so")}
		}
		return out, data, err
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(look, middleware.Before)
		})
	}
}

// object is what a request reads; nil where it reads no single object.
func object(parameters any) (bucket, key *string) {
	switch p := parameters.(type) {
	case *s3.GetObjectInput:
		return p.Bucket, p.Key
	case *s3.HeadObjectInput:
		return p.Bucket, p.Key
	}
	return nil, nil
}

// forbidden reports whether the answer was a 403.
func forbidden(err error) bool {
	var answer *awshttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden
}

// missing reports whether a listing says that there is no such object: the key itself
// comes before all others that begin with it.
func missing(ctx context.Context, list lister, bucket, key *string) bool {
	found, err := list.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: key, MaxKeys: aws.Int32(1)})
	return err == nil && (len(found.Contents) == 0 || aws.ToString(found.Contents[0].Key) != *key)
}
