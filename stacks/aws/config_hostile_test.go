package aws

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// pieces are what hostile values are made of.
var pieces = []string{
	"", "true", "-1", "1e99", "{", "}", "[", "]", `"`, ",", ":", ".", "null", "\x00", "é", "10.0.0.0/16", "::/0", "eu-central-1a",
	`{"cidr":`, `{"training":{`, `"zones":[null,{}]`, "s3://[::1", "postgres://%zz", "postgres://u:p@h/d", "a", "network", "cluster", "training", "minNodes",
}

// What a person types into `pulumi config set` is an error or a config, and
// checking the config is an answer too. A fuzz target would instrument the
// whole AWS SDK; the generator is seeded, so that a failure comes back.
func TestAnyTextInConfigIsAnErrorOrAConfig(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var out string
		for range random.IntN(6) {
			out += pieces[random.IntN(len(pieces))]
		}
		return out
	}
	read := 0
	for range 20000 {
		values := map[string]string{"ashlar:" + text(): text(), "aws:region": text()}
		k := keys[random.IntN(len(keys))]
		values["ashlar:layer"] = []string{k.layer, LayerFoundation, LayerWorkloads, text()}[random.IntN(4)]
		values["ashlar:"+k.path] = text()
		c, err := ReadConfig(values)
		if err != nil {
			continue
		}
		read++
		_ = Validate(onePlan(), c)
		if again, err := ReadConfig(values); err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%q read differently: %+v, %+v (%v)", values, c, again, err)
		}
	}
	if read < 100 {
		t.Errorf("only %d configs could be read; the test proves little", read)
	}
}
