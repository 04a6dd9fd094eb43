package store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// openS3 opens the bucket of an s3:// URL with the options that gocloud.dev has
// for one. It is not opened by gocloud.dev itself because requests would then be
// dialled by a client of the SDK's own: here each connection is, by the network.
// Credentials are asked for as the SDK does, at metadata addresses too, for no
// blueprint says where.
func openS3(ctx context.Context, u *url.URL, network outbound.Config) (*blob.Bucket, error) {
	q := u.Query()
	bucket, client, err := s3Options(q)
	if err != nil {
		return nil, err
	}
	cfg, err := gcaws.V2ConfigFromURLParams(ctx, q)
	if err != nil {
		return nil, err
	}
	// A client of this kind is kept: it has the roots of AWS_CA_BUNDLE.
	sdk, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		sdk = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = sdk.WithTransportOptions(func(t *http.Transport) { t.DialContext = network.DialContext })
	bucket.RequestChecksumCalculation = cfg.RequestChecksumCalculation
	list := s3.NewFromConfig(cfg, client)
	return s3blob.OpenBucket(ctx, s3.NewFromConfig(cfg, client, absent(list)), u.Host, bucket)
}

// s3Options takes the options of S3 alone out of the URL's, and returns them.
// They are removed from q because gocloud.dev refuses options that it does not
// know. The names are those of gocloud.dev's own URLs, s3ForcePathStyle among
// them as the old name of use_path_style.
func s3Options(q url.Values) (*s3blob.Options, func(*s3.Options), error) {
	take := func(key string) string {
		defer q.Del(key)
		return q.Get(key)
	}
	bucket := &s3blob.Options{KMSEncryptionID: take("kmskeyid")}
	if text := take("ssetype"); text != "" {
		for _, known := range bucket.EncryptionType.Values() {
			if strings.EqualFold(string(known), text) {
				bucket.EncryptionType = known
			}
		}
		if bucket.EncryptionType == "" {
			return nil, nil, fmt.Errorf("ssetype %q is not one of %v", text, types.ServerSideEncryption("").Values())
		}
	}
	flags := map[string]bool{}
	for _, key := range []string{"accelerate", "disable_https", "use_path_style", "s3ForcePathStyle"} {
		text := take(key)
		if text == "" {
			continue
		}
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is %q; write true or false", key, text)
		}
		flags[key] = on
	}
	return bucket, func(o *s3.Options) {
		o.UseAccelerate = flags["accelerate"]
		o.EndpointOptions.DisableHTTPS = flags["disable_https"]
		o.UsePathStyle = flags["use_path_style"] || flags["s3ForcePathStyle"]
	}, nil
}
