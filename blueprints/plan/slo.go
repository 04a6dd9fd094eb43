package plan

// SLO is an objective in OpenSLO's words.
type SLO struct {
	Description string  `json:"description,omitempty"`
	Endpoint    string  `json:"endpoint"`
	Objective   float64 `json:"objective"` // percent, in (0, 100)
	Indicator   string  `json:"indicator"` // "availability", "latency" or a metric's name
	// Threshold is what a good event stays within: Duration of a latency
	// indicator ("50ms"), Value of a metric's. The other is zero.
	Threshold Threshold `json:"threshold"`
	Window    string    `json:"window"` // the compliance window, such as "30d"
}

// Threshold is a duration or a number.
type Threshold struct {
	Duration string  `json:"duration,omitempty"`
	Value    float64 `json:"value,omitempty"`
}
