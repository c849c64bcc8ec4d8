package stage

import (
	"fmt"
	"strings"
)

// Fact names a part of an Artifact that a stage needs or adds.
type Fact string

// The facts that the record knows. FactTransition is added by the engine to
// whatever it writes to the audit topic; no stage adds it.
const (
	FactShard      Fact = "shard"
	FactObject     Fact = "object"
	FactClaim      Fact = "claim"
	FactDigests    Fact = "digests"
	FactPackage    Fact = "package"
	FactVerdict    Fact = "verdict"
	FactTransition Fact = "transition"
)

const labelPrefix = "label:"

// LabelFact is the fact that Artifact.Labels has an entry of this name. Stages
// that the project does not know record their findings as labels.
func LabelFact(name string) Fact { return Fact(labelPrefix + name) }

// Label is the name of the label that f stands for.
func (f Fact) Label() (name string, ok bool) {
	return strings.CutPrefix(string(f), labelPrefix)
}

// Validate reports a fact that no envelope can carry.
func (f Fact) Validate() error {
	switch f {
	case FactShard, FactObject, FactClaim, FactDigests, FactPackage, FactVerdict, FactTransition:
		return nil
	}
	if name, ok := f.Label(); ok && name != "" {
		return nil
	}
	return fmt.Errorf("unknown fact %q: use one of the Fact constants or %q with a name", string(f), labelPrefix)
}
