//go:build unix && !integration

package pipeline

// kills is how many runs TestAThousandKills ends.
const kills = 60
