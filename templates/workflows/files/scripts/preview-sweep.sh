[[ template "gone" . ]]
[[- if .GitLab ]]
# state NUMBER: what became of the merge request.
state() {
  curl -fsSL --retry 3 -H "@$RUNNER_TEMP/api-token" "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$1" | jq -er .state
}
if [ -z "${ASHLAR_API_TOKEN:-}" ]; then
  echo "ashlar: ASHLAR_API_TOKEN is empty: set it to a project access token with read_api, which finds the merge requests that are closed" >&2
  exit 1
fi
printf 'PRIVATE-TOKEN: %s' "$ASHLAR_API_TOKEN" > "$RUNNER_TEMP/api-token"
[[- else ]]
# state NUMBER: what became of the pull request.
state() {
  gh pr view "$1" --json state --jq .state
}
[[- end ]]
failed=0
pulumi stack ls --json | jq -r '.[].name | split("/") | last | select(test("^pr-[1-9][0-9]*$")) | ltrimstr("pr-")' > "$RUNNER_TEMP/numbers"
while read -r number; do
  now=$(state "$number" < /dev/null)
  case "$now" in
    [[ if .GitLab ]]opened | locked[[ else ]]OPEN[[ end ]]) continue ;;
  esac
  # In the background, where a failure ends it and not the sweep.
  (gone "$number") < /dev/null &
  wait "$!" || failed=1
done < "$RUNNER_TEMP/numbers"
exit "$failed"
