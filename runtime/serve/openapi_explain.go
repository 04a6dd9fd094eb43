package serve

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// with adds a property that is not always there to an object that closed made.
func with(o object, name string, schema object) object {
	properties, ok := o["properties"].(object)
	if ok {
		properties[name] = schema
	}
	return o
}

// reasonsWanted is how many reasons a request may ask for. Only models of two
// classes have reasons, so that for others no value is right.
func reasonsWanted(m *model.Model) object {
	out := object{"type": "integer", "minimum": 1, "maximum": len(m.Signature.Inputs),
		"description": fmt.Sprintf("At most how many reasons an explanation gives; %d where it is left out. "+
			"It takes explain: true.", defaultReasons)}
	if m.Task != plan.Binary {
		out["description"] = "Refused: only a model of two classes has a favourable one."
		out["not"] = object{}
	}
	return out
}

// explanationSchema describes what appendExplanation writes.
func explanationSchema(m *model.Model) object {
	number, text := object{"type": "number"}, object{"type": "string"}
	each := object{}
	for _, f := range m.Signature.Inputs {
		each[f.Name] = number
	}
	properties := object{
		"of": object{"type": "string", "description": "The class whose score is explained: the favourable one of " +
			"two, the predicted one of more. Of a regression it is the target."},
		"link": object{"type": "string", "enum": []model.Link{model.Identity, model.Logit, model.Softmax},
			"description": "What turns margins into predictions: identity, logit (the margin is log odds) or softmax."},
		"base":          object{"type": "number", "description": "The margin where nothing is known of a row."},
		"margin":        object{"type": "number", "description": "The row's score before the link."},
		"contributions": closed(each),
	}
	if m.Task == plan.Binary {
		reason := with(closed(object{"feature": text, "contribution": number}), "description", text)
		properties["reasons"] = object{"type": "array", "items": reason,
			"description": "What counts most against " + m.Signature.Labels[1] +
				", the favourable outcome, heaviest first."}
	}
	out := closed(properties)
	out["description"] = "What each input has added to the margin, as exact Shapley values: base and contributions " +
		"add up to margin. It is there where the request asks for it."
	return out
}
