package topology

import (
	"encoding/json"

	"github.com/longshore/longshore/stages/stage"
)

// jsonSchemaVersion grows when a field of the JSON drawing changes meaning or
// goes; new fields leave it.
const jsonSchemaVersion = 1

type jsonPlan struct {
	SchemaVersion int         `json:"schemaVersion"`
	Entry         string      `json:"entry"`
	Audit         string      `json:"audit"`
	Restart       string      `json:"restart,omitempty"`
	Stages        []jsonStage `json:"stages"`
	Topics        []jsonTopic `json:"topics"`
}

type jsonStage struct {
	Name    string       `json:"name"`
	Doc     string       `json:"doc"`
	In      string       `json:"in"`
	Out     []jsonOutput `json:"out"`
	Needs   []stage.Fact `json:"needs"`
	Adds    []stage.Fact `json:"adds"`
	Sink    bool         `json:"sink"`
	Effects bool         `json:"effects"`
}

type jsonOutput struct {
	Port  string `json:"port"`
	Topic string `json:"topic"`
}

type jsonTopic struct {
	Name string `json:"name"`
	// Partitions is 0 where the strategy decides.
	Partitions int          `json:"partitions"`
	Reader     string       `json:"reader"`
	Facts      []stage.Fact `json:"facts"`
}

// JSON draws the plan for programs.
func JSON(p *Plan) string {
	j := jsonPlan{SchemaVersion: jsonSchemaVersion, Entry: p.Entry, Audit: p.Audit, Restart: p.Restart}
	for i, n := range p.Nodes {
		s := jsonStage{
			Name: n.Stage.Name, Doc: n.Stage.Doc, In: n.In, Out: []jsonOutput{},
			Needs: append([]stage.Fact{}, n.Stage.Needs...), Adds: append([]stage.Fact{}, n.Stage.Adds...),
			Sink: n.Stage.Sink, Effects: n.Stage.Effects,
		}
		for _, port := range outputs(n.Stage) {
			s.Out = append(s.Out, jsonOutput{port, n.Out[port]})
		}
		j.Stages = append(j.Stages, s)
		j.Topics = append(j.Topics, jsonTopic{
			Name: n.In, Partitions: p.Topics[i].Partitions, Reader: n.Stage.Name,
			Facts: append([]stage.Fact{}, n.Facts...),
		})
	}
	// Strings, numbers and bools always marshal.
	text, _ := json.MarshalIndent(j, "", "  ") //nolint:errchkjson // as said
	return string(text) + "\n"
}
