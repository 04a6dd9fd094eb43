pinned=$(ashlar image push "$ASHLAR_IMAGE_REPOSITORY:$GITHUB_SHA" --binary "$RUNNER_TEMP/ashlar-bin/ashlar-runtime" --output json | jq -r .pinned)
echo "pinned=$pinned" >> "$GITHUB_OUTPUT"
