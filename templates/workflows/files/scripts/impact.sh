lost=0 # exit code 1: data would be lost
ashlar plan [[ .Dir ]] --base "$BASE" --output markdown > ashlar-plan.md || lost=$?
if [ "$lost" = 0 ] && [ ! -s ashlar-plan.md ]; then
  echo "The blueprint means the same as before." > ashlar-plan.md
fi
cat ashlar-plan.md >> "${GITHUB_STEP_SUMMARY:-/dev/stdout}"
exit "$lost"
