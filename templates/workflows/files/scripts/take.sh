chmod 0755 "$RUNNER_TEMP"/ashlar-bin/*
"$RUNNER_TEMP/ashlar-bin/ashlar" version
