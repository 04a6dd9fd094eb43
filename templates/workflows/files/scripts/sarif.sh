ashlar check [[ .Dir ]] --output sarif > ashlar.sarif || [ "$?" = 1 ]
gzip -c ashlar.sarif | base64 -w0 > ashlar.sarif.b64
jq -n --rawfile sarif ashlar.sarif.b64 --arg sha "$GITHUB_SHA" --arg ref "$GITHUB_REF" '{commit_sha: $sha, ref: $ref, sarif: $sarif, tool_name: "ashlar"}' > ashlar.sarif.json
if said=$(gh api --method POST "repos/$GITHUB_REPOSITORY/code-scanning/sarifs" --input ashlar.sarif.json 2>&1); then
  exit 0
fi
# GitHub refuses the file where code scanning is off; any other refusal is an error.
if grep -qiE '(must be|not) enabled' <<< "$said"; then
  echo "Code scanning is off in this repository, so the findings are in the check alone." >> "$GITHUB_STEP_SUMMARY"
else
  echo "$said" >&2
  exit 1
fi
