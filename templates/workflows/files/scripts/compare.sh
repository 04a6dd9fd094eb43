pulumi preview --stack "$STACK" --refresh --expect-no-changes --diff
