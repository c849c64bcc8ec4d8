package stagetest

import (
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// Run checks that the stage keeps the promises of package stage, one subtest
// a promise, for the default input and for every Scenario.
func Run(t *testing.T, spec stage.Spec, opts ...Option) {
	t.Helper()
	cfg := newConfig(opts)
	runChecks(t, spec, cfg)
	for _, sc := range cfg.scenarios {
		t.Run(sc.name, func(t *testing.T) { runChecks(t, spec, cfg.with(sc.opts)) })
	}
}

func runChecks(t *testing.T, spec stage.Spec, cfg config) {
	t.Helper()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			for _, problem := range judge(t, p, spec, cfg) {
				t.Error(problem)
			}
		})
	}
}

// promise is one thing that a stage promises, and how to find out.
type promise struct {
	name  string
	check func(*check)
}

func promises() []promise {
	return []promise{
		{"describes itself", describesItself},
		{"adds what it says and keeps the rest", addsWhatItSays},
		{"leaves its input alone", leavesInputAlone},
		{"same effect when redelivered", sameWhenRedelivered},
		{"same effect when delivered twice at once", sameWhenTwiceAtOnce},
		{"stops when told", stopsWhenTold},
		{"survives nonsense", survivesNonsense},
		{"passes faults on with their class", passesFaultsOn},
	}
}
