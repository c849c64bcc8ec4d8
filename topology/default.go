package topology

import _ "embed"

//go:embed default.yaml
var defaultYAML []byte

// Default is the flow of every migration, unless another drawing is given. The
// caller may change the graph that it gets.
func Default() *Graph {
	g, err := Parse("default.yaml", defaultYAML)
	if err != nil {
		panic(err) // the drawing is part of the program, and a test parses it
	}
	return g
}
