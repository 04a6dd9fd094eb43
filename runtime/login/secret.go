package login

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// secret reads the secret before each connection.
// That is a request to the service for each connection, a few an hour: pools keep
// connections for up to half an hour.
func (c Config) secret(ctx context.Context) (registry.Credentials, error) {
	cfg, err := c.amazon(ctx, regionOf(c.Secret))
	if err != nil {
		return nil, err
	}
	manager := secretsmanager.NewFromConfig(cfg)
	return func(ctx context.Context, to registry.Target) (string, string, error) {
		out, err := manager.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(c.Secret)})
		if err != nil {
			return "", "", fmt.Errorf("secret %s: %w", c.Secret, err)
		}
		user, password, err := read(aws.ToString(out.SecretString), to.User)
		if err != nil {
			return "", "", fmt.Errorf("secret %s: %w", c.Secret, err)
		}
		return user, password, nil
	}, nil
}

// read takes the name and the password from a secret: JSON with username and
// password, as RDS keeps them, or the password alone. Its errors say nothing
// of what it holds.
func read(text, user string) (name, password string, err error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		if text == "" || user == "" {
			return "", "", errors.New("it is not JSON with username and password, and as a password alone it needs the user in the database's URL")
		}
		return user, text, nil
	}
	var fields struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if json.Unmarshal([]byte(text), &fields) != nil || fields.Password == "" {
		return "", "", errors.New("it is not JSON with username and password")
	}
	if name = cmp.Or(fields.Username, user); name == "" {
		return "", "", errors.New("neither it nor the database's URL names a user")
	}
	// The URL and the secret were meant for different users; connecting as either
	// would hide that.
	if user != "" && name != user {
		return "", "", fmt.Errorf("it is of another user than the database's URL names, which is %s", user)
	}
	return name, fields.Password, nil
}
