ashlar preview show "$RUNNER_TEMP/stack.json" --url "$ASHLAR_PREVIEW_URL" > "$RUNNER_TEMP/preview.md"
printf '\n[The run that made it](%s)\n' "$RUN" >> "$RUNNER_TEMP/preview.md"
