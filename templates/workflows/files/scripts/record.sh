ashlar check [[ .Dir ]] --output json > ashlar-reviewed.json
