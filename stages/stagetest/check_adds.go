package stagetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/longshore/longshore/stages/stage"
)

func addsWhatItSays(c *check) {
	w, in := c.arrange()
	a := c.deliver(c.handler(w), clone(in))
	if a.panicked != "" {
		c.fatalf("the handler panicked: %s", a.panicked)
	}
	if err := c.cfg.expect(a.out, a.err); err != nil {
		c.errorf("%v", err)
	}
	if a.err == nil {
		for _, p := range malformed(c.spec, in, a.out) {
			c.errorf("%s", p)
		}
		if len(a.out) == 0 && c.cfg.given == nil && !c.spec.Sink {
			c.errorf("nothing came out of the default input")
		}
	}
}

// malformed says what is wrong with the outputs of a delivery that ended
// without an error.
func malformed(spec stage.Spec, in stage.Envelope, out []stage.Envelope) []string {
	var problems []string
	if !spec.Sink && !accounted(in, out) {
		problems = append(problems, "no output and no error is about the input's artifact, which is lost: close it with a verdict (only a sink may end the flow without one)")
	}
	for i, e := range out {
		for _, p := range slices.Concat(wrongAddress(spec, in, e), wrongVerdict(in, e), wrongFacts(spec, in, e), wrongLabels(spec, in, e)) {
			problems = append(problems, fmt.Sprintf("output %d (%s): %s", i, describe(out[i:i+1]), p))
		}
	}
	return problems
}

// accounted says whether the artifact that came in comes out, open or closed
// (I2). A shard may end: its last page need not hold anything.
func accounted(in stage.Envelope, out []stage.Envelope) bool {
	if in.Artifact.Shard != nil && in.Artifact.Object == nil {
		return true
	}
	return slices.ContainsFunc(out, func(e stage.Envelope) bool { return !isAnother(in, e) })
}

// isAnother says whether e is about an object version that the input was not
// about: one that the stage found. It begins anew, without the input's facts.
func isAnother(in, e stage.Envelope) bool {
	before, now := in.Artifact.Object, e.Artifact.Object
	return now != nil && (before == nil || before.ID() != now.ID() || before.Revision() != now.Revision())
}

// wrongAddress checks where an output goes and whose it is.
func wrongAddress(spec stage.Spec, in, e stage.Envelope) []string {
	var problems []string
	switch {
	case e.Port != "" && !slices.Contains(spec.Ports, e.Port):
		problems = append(problems, fmt.Sprintf("port %q is not declared in Spec.Ports", e.Port))
	case e.Port == "" && spec.Sink:
		problems = append(problems, "a sink has no main output")
	}
	if e.Run != in.Run {
		problems = append(problems, fmt.Sprintf("the run changed from %.80q to %.80q", in.Run, e.Run))
	}
	if !keepsID(in, e) {
		problems = append(problems, fmt.Sprintf("the id changed from %.80q to %.80q, which is not the id of a new object or shard", in.ID, e.ID))
	}
	return problems
}

// keepsID says whether e has the id of the input, or the one of an object or
// shard that the stage has found.
func keepsID(in, e stage.Envelope) bool {
	before, now := in.Artifact, e.Artifact
	switch {
	case isAnother(in, e) && (before.Object == nil || before.Object.ID() != now.Object.ID()):
		return e.ID == now.Object.ID()
	case e.ID == in.ID:
		return true
	case now.Shard != nil && !reflect.DeepEqual(before.Shard, now.Shard):
		return e.ID != ""
	}
	return false
}

func wrongVerdict(in, e stage.Envelope) []string {
	v := e.Artifact.Verdict
	if v == nil || in.Closed() {
		return nil
	}
	var problems []string
	if !slices.Contains(stage.Dispositions(), v.Disposition) {
		problems = append(problems, fmt.Sprintf("unknown disposition %q", v.Disposition))
	}
	if v.Disposition != stage.Verified && v.Reason == "" {
		problems = append(problems, fmt.Sprintf("a verdict %q needs a reason", v.Disposition))
	}
	return problems
}

// wrongFacts checks that e has the facts of the input and those of Adds.
func wrongFacts(spec stage.Spec, in, e stage.Envelope) []string {
	var problems []string
	had, has := facts(in.Artifact), facts(e.Artifact)
	for _, f := range slices.Sorted(maps.Keys(has)) {
		adds := slices.Contains(spec.Adds, f) || f == stage.FactVerdict && !in.Closed()
		// On a named port a stage may pass on its own progress, as a listing
		// does with the shard that it goes on with.
		moves := e.Port != "" && slices.Contains(spec.Needs, f)
		another := isAnother(in, e)
		switch before, now := had[f], has[f]; {
		case before == nil && now != nil && !adds:
			problems = append(problems, fmt.Sprintf("it has the fact %q, which Spec.Adds does not declare", f))
		case another:
		case before != nil && now == nil:
			problems = append(problems, fmt.Sprintf("the fact %q was dropped: build outputs with Envelope.With", f))
		case before != nil && !adds && !moves && !reflect.DeepEqual(before, now):
			problems = append(problems, fmt.Sprintf("the fact %q was changed, which Spec.Adds does not declare", f))
		}
	}
	if e.Port == "" && (!e.Closed() || slices.Contains(spec.Adds, stage.FactVerdict)) {
		for _, f := range spec.Adds {
			if !e.Artifact.Has(f) {
				problems = append(problems, fmt.Sprintf("it lacks the fact %q, which Spec.Adds promises", f))
			}
		}
	}
	return problems
}

// facts maps each fact that is not a label to its value, nil where it is
// missing.
func facts(a stage.Artifact) map[stage.Fact]any {
	m := map[stage.Fact]any{}
	set := func(f stage.Fact, v any) {
		m[f] = nil
		if a.Has(f) {
			m[f] = v
		}
	}
	set(stage.FactShard, a.Shard)
	set(stage.FactObject, a.Object)
	set(stage.FactClaim, a.Claim)
	set(stage.FactDigests, a.Digests)
	set(stage.FactPackage, a.Package)
	set(stage.FactVerdict, a.Verdict)
	set(stage.FactTransition, a.Transition)
	return m
}

func wrongLabels(spec stage.Spec, in, e stage.Envelope) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(in.Artifact.Labels)) {
		before := in.Artifact.Labels[name]
		now, kept := e.Artifact.Labels[name]
		switch {
		case !kept:
			problems = append(problems, fmt.Sprintf("the label %.80q was dropped: build outputs with Envelope.With", name))
		case now != before && !slices.Contains(spec.Adds, stage.LabelFact(name)):
			problems = append(problems, fmt.Sprintf("the label %.80q changed from %.80q to %.80q, which Spec.Adds does not declare", name, before, now))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Artifact.Labels)) {
		_, had := in.Artifact.Labels[name]
		if !had && !slices.Contains(spec.Adds, stage.LabelFact(name)) {
			problems = append(problems, fmt.Sprintf("it has the label %.80q, which Spec.Adds does not declare", name))
		}
	}
	return problems
}
