ashlar up [[ .Dir ]] --env [[ .First ]] --once --listen 127.0.0.1:0
