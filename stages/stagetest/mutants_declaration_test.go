package stagetest

import (
	"context"

	"github.com/longshore/longshore/stages/stage"
)

// declarationMutants do other than their Spec says.
func declarationMutants() []mutant {
	describes, adds := []string{"describes itself"}, []string{"adds what it says and keeps the rest"}
	with := func(change func(*stage.Spec)) stage.Spec {
		s := millSpec()
		change(&s)
		return s
	}
	onOutput := func(change func(in stage.Envelope, e *stage.Envelope)) stage.Spec {
		return after(func(_ context.Context, in stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
			for i := range out {
				change(in, &out[i])
			}
			return out, err
		})
	}
	return []mutant{
		{name: "accepts an unknown setting", breaks: describes, spec: with(func(s *stage.Spec) {
			s.New = func(env stage.Env) (stage.Handler, error) {
				_ = env.Decode(&struct{}{})
				return stage.HandlerFunc(mill{env}.handle), nil
			}
		})},
		{name: "has a name that no topic can have", breaks: describes, spec: with(func(s *stage.Spec) { s.Name = "The Mill" })},
		{name: "promises a fact that it does not add", breaks: adds, spec: with(func(s *stage.Spec) {
			s.Adds = append(s.Adds, stage.LabelFact("virus-free"))
		})},
		{name: "adds a fact that it does not declare", breaks: adds, spec: with(func(s *stage.Spec) {
			s.Adds = []stage.Fact{stage.LabelFact("mill")}
		})},
		{name: "uses a port that it does not declare", breaks: adds, spec: onOutput(func(_ stage.Envelope, e *stage.Envelope) {
			e.Port = "backdoor"
		})},
		{name: "uses a dependency that it does not declare", breaks: adds, spec: with(func(s *stage.Spec) {
			s.Uses = []stage.Dependency{stage.UsesStaging}
		})},
		{name: "drops the labels of others", breaks: adds, spec: onOutput(func(_ stage.Envelope, e *stage.Envelope) {
			e.Artifact.Labels = map[string]string{"mill": "done"}
		})},
		{name: "drops a fact", breaks: adds, spec: onOutput(func(_ stage.Envelope, e *stage.Envelope) {
			e.Artifact.Claim = nil
		})},
		{name: "changes a fact that it does not own", breaks: adds, spec: onOutput(func(in stage.Envelope, e *stage.Envelope) {
			o := *in.Artifact.Object
			o.StorageClass = "GLACIER"
			e.Artifact.Object = &o
		})},
		{name: "moves to another migration", breaks: adds, spec: onOutput(func(_ stage.Envelope, e *stage.Envelope) { e.Run = "other" })},
		{name: "changes the partition key", breaks: adds, spec: onOutput(func(_ stage.Envelope, e *stage.Envelope) { e.ID = "other" })},
		{name: "closes without a reason", breaks: adds, spec: onOutput(func(in stage.Envelope, e *stage.Envelope) {
			*e = in.Close(stage.Verdict{Disposition: stage.Excluded})
		})},
		{name: "loses the artifact without a word", breaks: adds, spec: after(
			func(_ context.Context, _ stage.Envelope, _ []stage.Envelope, err error) ([]stage.Envelope, error) {
				return nil, err
			})},
		{name: "puts another object in the artifact's place", breaks: adds, spec: onOutput(func(in stage.Envelope, e *stage.Envelope) {
			o := *in.Artifact.Object
			o.VersionID += "-next"
			e.Artifact.Object = &o
		})},
	}
}
