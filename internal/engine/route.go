package engine

import (
	"slices"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// routes says where the outputs of one delivery go.
type routes struct {
	// onward records go to the topics of the plan.
	onward []record
	// own is the input's artifact where it left the flow here.
	own *stage.Envelope
	// closed are other object versions that left the flow here.
	closed []stage.Envelope
	// found are the object versions that this delivery brought into the flow.
	found []stage.Object
	// shardDone says that the listing of the input's shard ended here.
	shardDone bool
}

// route checks what a stage returned for in and finds the topic of each
// output. An error means that the stage broke its contract.
func route(n topology.Node, names topology.Names, in stage.Envelope, outs []stage.Envelope) (routes, error) {
	r := routes{shardDone: listing(in)}
	seen := map[version]bool{versionOf(in): true}
	// A shard may end: its last page need not hold anything.
	accounted, passed := n.Stage.Sink || r.shardDone, false
	for _, out := range outs {
		out = inherit(in, out)
		v := versionOf(out)
		own := v == versionOf(in)
		if !seen[v] && out.Artifact.Object != nil {
			r.found = append(r.found, *out.Artifact.Object)
		}
		seen[v] = true
		accounted = accounted || own
		r.shardDone = r.shardDone && !listing(out)
		switch {
		case out.Closed() && !own:
			r.closed = append(r.closed, out)
		case out.Closed() && r.own != nil:
			return r, stage.Poisonf("stage %s closed one artifact twice", n.Stage.Name)
		case out.Closed():
			r.own = &out
		default:
			rec, err := onward(n, names, out)
			if err != nil {
				return r, err
			}
			r.onward = append(r.onward, rec)
			passed = passed || own
		}
	}
	if !accounted {
		return r, stage.Poisonf("stage %s returned neither an output nor an error about its artifact: only a sink may let one go", n.Stage.Name)
	}
	if passed && r.own != nil {
		return r, stage.Poisonf("stage %s both closed an artifact and passed it on", n.Stage.Name)
	}
	return r, nil
}

func onward(n topology.Node, names topology.Names, out stage.Envelope) (record, error) {
	spec := n.Stage
	if out.Port != "" && !slices.Contains(spec.Ports, out.Port) {
		return record{}, stage.Poisonf("stage %s has no port %q", spec.Name, out.Port)
	}
	topic, ok := n.Out[out.Port]
	if !ok {
		return record{}, stage.Poisonf("stage %s: the topology has no arrow from its output %q", spec.Name, out.Port)
	}
	if out.Port == "" {
		if missing := out.Missing(spec.Adds); len(missing) > 0 {
			return record{}, stage.Poisonf("stage %s did not add %q", spec.Name, missing)
		}
	}
	return record{topic: names.Topic(topic), env: out}, nil
}

// inherit sets what stages do not decide about.
func inherit(in, out stage.Envelope) stage.Envelope {
	out.Run = in.Run
	out.Doubt = out.Doubt || in.Doubt
	out.Attempt = 0
	out.Artifact.Transition = nil
	if o := out.Artifact.Object; o != nil {
		out.ID = o.ID()
	}
	if versionOf(out) != versionOf(in) {
		out.Restarts = 0
	} else {
		out.Restarts = in.Restarts
	}
	return out
}

// version tells one object version from another; a shard has no revision.
type version struct {
	id  stage.ObjectID
	rev stage.Revision
}

func versionOf(e stage.Envelope) version {
	if o := e.Artifact.Object; o != nil {
		return version{o.ID(), o.Revision()}
	}
	return version{id: e.ID}
}

// listing says whether e is a shard to list rather than something found in one.
func listing(e stage.Envelope) bool {
	return e.Artifact.Shard != nil && e.Artifact.Object == nil
}
