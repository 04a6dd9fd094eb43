if [ -d [[ .Dir ]]/policies ]; then ashlar policy test [[ .Dir ]]/policies; fi
