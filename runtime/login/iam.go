package login

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// iam signs a token before each connection. A connection that is made goes on
// after its token has expired.
// Signing is local and calls no service, but asks for the workload's credentials,
// which the SDK renews. The token is for one host, port, region and user.
func (c Config) iam(ctx context.Context, host string) (registry.Credentials, error) {
	cfg, err := c.amazon(ctx, regionOf(host))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, to registry.Target) (string, string, error) {
		address := net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port)))
		token, err := auth.BuildAuthToken(ctx, address, cfg.Region, to.User, cfg.Credentials)
		if err != nil {
			return "", "", fmt.Errorf("IAM token for %s at %s: %w", to.User, address, err)
		}
		return to.User, token, nil
	}, nil
}
