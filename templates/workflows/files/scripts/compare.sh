# A merge sets the image for its run and commits nothing: what runs is compared
# with the image that was deployed last.
image=$(pulumi stack history --stack "$STACK" --page-size 1 --json |
  jq -r '.[0].config // {} | to_entries | map(select(.key | endswith(":image"))) | .[0].value.value // empty')
[ -z "$image" ] || pulumi config set image "$image" --stack "$STACK"
# What has failed is no comparison, and ends the job; findings are classified.
pulumi preview --stack "$STACK" --refresh --json[[ with .Policies ]] --policy-pack [[ . ]][[ end ]] > "$RUNNER_TEMP/preview.json" ||
  { ashlar drift --preview "$RUNNER_TEMP/preview.json"; exit 1; }
compared=(--preview "$RUNNER_TEMP/preview.json")
[[- if .Kubernetes ]]
if [ "$PROVIDER" = kubernetes ]; then
  # The cluster is asked itself: Pulumi does not see what was added beside the program.
  (umask 077; pulumi config --show-secrets --json --stack "$STACK" |
    jq '{config: map_values(.objectValue // .value)}' > "$RUNNER_TEMP/config.yaml")
  compared=(--config-file "$RUNNER_TEMP/config.yaml")
fi
[[- end ]]
