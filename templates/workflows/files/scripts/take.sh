chmod 0755 "$RUNNER_TEMP"/ashlar-bin/*
