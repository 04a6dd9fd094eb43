[[ template "gone" . ]]gone "$NUMBER"
