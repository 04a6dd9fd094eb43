ashlar generate workflows [[ .Dir ]] --root . --check
