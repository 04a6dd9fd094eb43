ashlar image build --binary "$RUNNER_TEMP/ashlar-bin/ashlar-runtime" --out "$RUNNER_TEMP/ashlar-runtime.tar"
