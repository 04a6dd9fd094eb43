printf 'The preview is gone: nothing of it is left ([proof](%s)).\n' "$RUN" > "$RUNNER_TEMP/preview.md"
ashlar github comment "$RUNNER_TEMP/preview.md" --key preview
