package config

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// pieces are what hostile values are made of.
var pieces = []string{
	"", "true", "-1", "1e99", "{", "}", "[", "]", `"`, ",", ":", ".", "null", "\x00", "é",
	"10.0.0.0/16", "::/0", "eu-central-1a",
	`{"cidr":`, `{"training":{`, `"zones":[null,{}]`, "s3://[::1", "postgres://%zz", "postgres://u:p@h/d", "a",
	"network", "cluster", "training", "minNodes",
}

// FuzzConfig: what a person types into `pulumi config set` is an error or a config,
// and checking the config is an answer too.
func FuzzConfig(f *testing.F) {
	for i, text := range pieces {
		k := keys[i%len(keys)]
		f.Add(k.path, text, k.layer)
	}
	f.Add("cluster", `{"training":{"minNodes":1}}`, LayerFoundation)
	f.Fuzz(func(t *testing.T, key, text, layer string) {
		readsTwice(t, map[string]string{"ashlar:" + key: text, "ashlar:layer": layer, "aws:region": "eu-central-1"})
	})
}

// readsTwice reports whether the values are a config, and fails where reading them
// again gives another answer.
func readsTwice(t *testing.T, values map[string]string) bool {
	t.Helper()
	c, err := Read(values, "ashlar", "dev")
	if err != nil {
		return false
	}
	_ = Validate(onePlan(), c)
	if again, err := Read(values, "ashlar", "dev"); err != nil || !reflect.DeepEqual(again, c) {
		t.Fatalf("%q read differently: %+v, %+v (%v)", values, c, again, err)
	}
	return true
}

// Values of many keys at once, of a seeded generator, so that a failure comes back.
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
		if readsTwice(t, values) {
			read++
		}
	}
	if read < 100 {
		t.Errorf("only %d configs could be read; the test proves little", read)
	}
}
