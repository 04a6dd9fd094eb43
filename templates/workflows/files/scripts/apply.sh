pulumi config set image "$IMAGE" --stack "$STACK"
pulumi up --yes --stack "$STACK"[[ with .Policies ]] --policy-pack [[ . ]][[ end ]]
