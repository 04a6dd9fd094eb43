ashlar check [[ .Dir ]][[ if not .GitLab ]] --output github[[ end ]]
