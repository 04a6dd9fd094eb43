if [ -z "${ASHLAR_API_TOKEN:-}" ]; then
  echo "ashlar: ASHLAR_API_TOKEN is empty: set it to a project access token with read_api, which finds what was reviewed" >&2
  exit 1
fi
printf 'PRIVATE-TOKEN: %s' "$ASHLAR_API_TOKEN" > "$RUNNER_TEMP/api-token"
ask() { curl -fsSL --retry 3 -H "@$RUNNER_TEMP/api-token" "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$1"; }
request=$(ask "repository/commits/$CI_COMMIT_SHA/merge_requests" | jq -r 'map(select(.state == "merged")) | .[0].iid // empty')
if [ -z "$request" ]; then
  echo "ashlar: $CI_COMMIT_SHA came by no merge request, so nobody reviewed its plans" >&2
  exit 1
fi
pipeline=$(ask "merge_requests/$request/pipelines" | jq -r 'map(select(.source == "merge_request_event" and .status == "success")) | .[0].id // empty')
if [ -z "$pipeline" ]; then
  echo "ashlar: no successful pipeline of merge request $request: there is no record of its plans" >&2
  exit 1
fi
job=$(ask "pipelines/$pipeline/jobs?per_page=100" | jq -r 'map(select(.name == "check")) | .[0].id // empty')
mkdir -p "$RUNNER_TEMP/reviewed"
ask "jobs/$job/artifacts/ashlar-reviewed.json" > "$RUNNER_TEMP/reviewed/ashlar-reviewed.json"
