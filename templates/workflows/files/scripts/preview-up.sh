[[ template "own" ]]own "pr-$NUMBER"
pulumi up --yes --stack "pr-$NUMBER"[[ with .Policies ]] --policy-pack [[ . ]][[ end ]]
