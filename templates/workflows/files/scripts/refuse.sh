ashlar plan [[ .Dir ]] --reviewed "$RUNNER_TEMP/reviewed/ashlar-reviewed.json"
