[[ template "gone" . ]]
failed=0
pulumi stack ls --json | jq -r '.[].name | split("/") | last | select(test("^pr-[1-9][0-9]*$")) | ltrimstr("pr-")' > "$RUNNER_TEMP/numbers"
while read -r number; do
  state=$(gh pr view "$number" --json state --jq .state)
  [ "$state" = OPEN ] && continue
  # In the background, where a failure ends it and not the sweep.
  (gone "$number") < /dev/null &
  wait "$!" || failed=1
done < "$RUNNER_TEMP/numbers"
exit "$failed"
