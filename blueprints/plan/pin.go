package plan

// Pin says which version of a model is served: no other is, however new. It is
// part of the plan, so that a promotion moves the plan's digest and is reviewed
// and applied like any change. The plan that a pin names is the one that the
// version was trained under, which is older: a pin never moves a digest that it
// holds.
type Pin struct {
	Version  int    `json:"version"`  // the registry's number, for people
	Model    string `json:"model"`    // digest of the model file
	Data     string `json:"data"`     // digest of what it was trained on
	Plan     string `json:"plan"`     // digest of the plan it was trained under
	Evidence string `json:"evidence"` // digest of what was known when it was promoted
}
