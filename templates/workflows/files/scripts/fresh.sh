ashlar generate workflows [[ .Dir ]] --root .[[ if .GitLab ]] --for gitlab[[ end ]] --check
