package stagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// mutant is a stage with one fault, and the promises that it breaks.
type mutant struct {
	name   string
	breaks []string
	spec   stage.Spec
	opts   []Option
}

// The suite is tested like everything else: each fault must be found by the
// subtests meant for it, and by no other, so that a report says what is wrong.
func TestEachMutantIsCaughtByTheSubtestMeantForIt(t *testing.T) {
	for _, m := range slices.Concat(declarationMutants(), effectMutants(), conductMutants()) {
		t.Run(m.name, func(t *testing.T) {
			cfg := newConfig(m.opts)
			for _, p := range promises() {
				problems := judge(t, p, m.spec, cfg)
				found, meant := len(problems) > 0, slices.Contains(m.breaks, p.name)
				if found && !meant {
					t.Errorf("%q found what it should not:\n%s", p.name, strings.Join(problems, "\n"))
				}
				if !found && meant {
					t.Errorf("%q did not find it", p.name)
				}
			}
		})
	}
}

func TestTheStageThatMutantsAreMadeFromPasses(t *testing.T) {
	Run(t, millSpec(), Scenario("while the package is not processed", givenPending(), Expect(Waits())))
}

func TestEverySubtestHasAMutant(t *testing.T) {
	var broken []string
	for _, m := range slices.Concat(declarationMutants(), effectMutants(), conductMutants()) {
		broken = append(broken, m.breaks...)
	}
	for _, p := range promises() {
		if !slices.Contains(broken, p.name) {
			t.Errorf("no mutant breaks %q", p.name)
		}
	}
}
