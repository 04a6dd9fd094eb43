ashlar up [[ .Dir ]] --env [[ .First ]] --build
