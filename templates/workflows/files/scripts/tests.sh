[[ .Tests ]]
