stack="pr-$NUMBER"
# The stack has the config of all previews, and its own state. The file's secrets open
# with the passphrase, since its salt comes along.
cp Pulumi.preview.yaml "Pulumi.$stack.yaml"
pulumi stack select "$stack" || pulumi stack init "$stack" --secrets-provider passphrase
pulumi up --yes --stack "$stack"[[ with .Policies ]] --policy-pack [[ . ]][[ end ]]
