case "$ENVIRONMENT" in
  [[ range $i, $e := .Environments ]][[ if $i ]] | [[ end ]][[ $e.Name ]][[ end ]]) ;;
  *)
    echo "ashlar: no such environment in the blueprint" >&2
    exit 1
    ;;
esac
ashlar up [[ .Dir ]] --env "$ENVIRONMENT" --build
ashlar model list --dir [[ .Dir ]] --output json > ashlar-models.json
