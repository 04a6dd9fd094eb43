head=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" --jq 'map(select(.merged_at != null)) | .[0].head.sha // empty')
if [ -z "$head" ]; then
  echo "::error::$GITHUB_SHA came by no pull request, so nobody reviewed its plans"
  exit 1
fi
recorded() {
  gh run list --repo "$GITHUB_REPOSITORY" --workflow ashlar-pull-request.yml --commit "$1" --event "$2" --status success --limit 1 --json databaseId --jq '.[0].databaseId // empty'
}
# A merge queue checks the very commit that it merges, with what is before it
# in the queue; without one the pull request's last commit is what was checked.
run=$(recorded "$GITHUB_SHA" merge_group)
[ -n "$run" ] || run=$(recorded "$head" pull_request)
if [ -z "$run" ]; then
  echo "::error::no successful run of ashlar pull request for $head: there is no record of its plans"
  exit 1
fi
gh run download "$run" --repo "$GITHUB_REPOSITORY" --name ashlar-reviewed --dir "$RUNNER_TEMP/reviewed"
