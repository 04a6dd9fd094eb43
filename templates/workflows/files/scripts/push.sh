pinned=$(ashlar image push "$ASHLAR_IMAGE_REPOSITORY:$TAG" --binary "$RUNNER_TEMP/ashlar-bin/ashlar-runtime" --output json | jq -r .pinned)
