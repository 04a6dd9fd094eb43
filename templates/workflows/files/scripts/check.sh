ashlar check [[ .Dir ]] --output github
