// Package enumerate is the stage that lists the source: one page a message.
//
// The offset of a shard's message is the checkpoint of its listing. A page
// that was listed but not acknowledged is listed again; its objects come out
// once more, which the stages behind do not mind (I3). Objects that the rules
// leave out leave as closed envelopes with the rule as the reason, so that the
// books still count them (I2).
package enumerate

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// PortNext leads back to this stage: the shard with the cursor of its next
// page.
const PortNext = "next"

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:  "enumerate",
		Doc:   "Lists one page of a shard and emits its objects",
		Needs: []stage.Fact{stage.FactShard},
		Adds:  []stage.Fact{stage.FactObject},
		Ports: []string{PortNext},
		Uses:  []stage.Dependency{stage.UsesSource, stage.UsesLedger},
		// A page that comes again puts a thousand objects into the flow again.
		Effects: true,
		New:     open,
	}
}

// config is the stage's section of the configuration.
type config struct {
	// Include lists the patterns of the keys to migrate; empty means all.
	Include []string `json:"include" yaml:"include"`
	// Exclude lists patterns of keys to leave out; it wins over Include.
	Exclude []string `json:"exclude" yaml:"exclude"`
}

type handler struct {
	source stage.Source
	ledger stage.Ledger
	rules  rules
}

func open(env stage.Env) (stage.Handler, error) {
	var c config
	if err := env.Decode(&c); err != nil {
		return nil, fmt.Errorf("reading the configuration of stage enumerate: %w", err)
	}
	r, err := compileRules(c.Include, c.Exclude)
	if err != nil {
		return nil, err
	}
	return &handler{source: env.Source, ledger: env.Ledger, rules: r}, nil
}

// Handle lists the page that the shard's cursor points at.
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	shard := *in.Artifact.Shard
	page, err := h.source.List(ctx, shard)
	if err != nil {
		return nil, fmt.Errorf("listing page %d below %q: %w", shard.Page, shard.Prefix, err)
	}
	settled, err := h.settled(ctx, in, page.Objects)
	if err != nil {
		return nil, err
	}

	out := make([]stage.Envelope, 0, len(page.Objects)+1)
	for _, o := range page.Objects {
		verdict, excluded := h.rules.judge(o)
		if done, ok := settled[o.ID()]; ok && (excluded || done != stage.Excluded) {
			// Excluded once and no more means that the rules were changed.
			continue
		}
		found := of(in, o)
		if excluded {
			found = found.Close(verdict)
		}
		out = append(out, found)
	}
	if page.Next != "" {
		shard.Cursor = page.Next
		shard.Page++
		out = append(out, in.With(func(a *stage.Artifact) { a.Shard = &shard }).Via(PortNext))
	}
	return out, nil
}

// settled asks the ledger what is closed already. The first listing of a
// migration has nothing to ask for, unless a delivery was cut off.
func (h *handler) settled(ctx context.Context, in stage.Envelope, objects []stage.Object) (map[stage.ObjectID]stage.Disposition, error) {
	again := in.Artifact.Shard.Listing > 1 || in.Doubt
	if !again || len(objects) == 0 {
		return nil, nil
	}
	settled, err := h.ledger.Settled(ctx, objects)
	if err != nil {
		return nil, fmt.Errorf("asking the ledger what is settled: %w", err)
	}
	return settled, nil
}

// of makes the envelope of an object that was found on in's page. What others
// attached to the shard goes with each of its objects.
func of(in stage.Envelope, o stage.Object) stage.Envelope {
	e := in.With(func(a *stage.Artifact) {
		a.Shard = nil
		a.Object = &o
	})
	e.ID = o.ID()
	return e
}
