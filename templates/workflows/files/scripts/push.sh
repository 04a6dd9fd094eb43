aws ecr get-login-password | docker login --username AWS --password-stdin "${ASHLAR_IMAGE_REPOSITORY%%/*}"
pinned=$(ashlar image push "$ASHLAR_IMAGE_REPOSITORY:$GITHUB_SHA" --binary "$RUNNER_TEMP/ashlar-bin/ashlar-runtime" --output json | jq -r .pinned)
echo "pinned=$pinned" >> "$GITHUB_OUTPUT"
