package topology_test

import (
	"regexp"

	"github.com/longshore/longshore/stages/stage"
)

// The stages of a migration, declared as the real ones are, and a few
// newcomers that a drawing may add.
func migration() []stage.Spec {
	return []stage.Spec{
		{
			Name: "enumerate", Doc: "lists the source, one page of a shard at a time",
			Needs: facts("shard"), Adds: facts("object"), Ports: []string{"next"}, Effects: true, New: idle,
		},
		{Name: "fetch", Doc: "brings the bytes of an object into staging", Needs: facts("object"), Adds: facts("claim"), New: idle},
		{Name: "hash", Doc: "computes the digests of the staged bytes", Needs: facts("object", "claim"), Adds: facts("digests"), New: idle},
		{Name: "upload", Doc: "publishes the package", Needs: facts("object", "claim", "digests"), Adds: facts("package"), Effects: true, New: idle},
		{Name: "verify", Doc: "compares what the target serves", Needs: facts("object", "claim", "digests", "package"), Adds: facts("verdict"), New: idle},
		{Name: "audit", Doc: "keeps the ledger", Needs: facts("transition"), Sink: true, New: idle},
	}
}

func newcomers() []stage.Spec {
	return []stage.Spec{
		{Name: "scan", Doc: "looks for viruses", Needs: facts("claim"), Adds: facts("label:scan"), Ports: []string{"suspicious"}, New: idle},
		{Name: "inspect", Doc: "asks a person", Needs: facts("object"), New: idle},
		{Name: "sift", Doc: "tells big objects from small ones", Needs: facts("object"), Ports: []string{"big"}, New: idle},
		{Name: "split", Doc: "marks big objects with a document that takes so long to read that no terminal shows it all", Needs: facts("object"), Adds: facts("label:big"), New: idle},
		{Name: "relist", Doc: "lists the shard again", Needs: facts("shard"), New: idle},
		{Name: "refetch", Doc: "fetches a second time", Needs: facts("object"), Adds: facts("claim"), New: idle},
		{Name: "archive", Doc: "keeps what was seen", Sink: true, New: idle},
		{Name: "watch", Doc: "reads transitions in the wrong place", Needs: facts("transition", "label:virus"), New: idle},
	}
}

// specsFor is the migration with those newcomers that the drawing mentions.
func specsFor(drawing []byte) []stage.Spec {
	specs := migration()
	for _, s := range newcomers() {
		if regexp.MustCompile(`\b` + s.Name + `\b`).Match(drawing) {
			specs = append(specs, s)
		}
	}
	return specs
}

func facts(names ...stage.Fact) []stage.Fact { return names }

func idle(stage.Env) (stage.Handler, error) { return nil, nil }
