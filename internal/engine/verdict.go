package engine

import "github.com/longshore/longshore/stages/stage"

// verdict is what the engine does about a handler's error.
type verdict int

const (
	retry      verdict = iota // again, soon or through a delay topic
	delay                     // not ready: through a delay topic, no attempt counted
	restart                   // back to where the bytes are fetched
	throttle                  // the stage pauses, then the same message again
	deadLetter                // given up
	park                      // not understood
	halt                      // the stage stops, then the same message again
)

// judge finds the verdict for err, which is neither nil nor the end of the
// engine's context.
func (w *worker) judge(err error) verdict {
	if _, ok := stage.IsLater(err); ok {
		return delay
	}
	if stage.IsRestart(err) && !w.folds() {
		return restart
	}
	switch stage.ClassOf(err) {
	case stage.Throttled:
		return throttle
	case stage.Halted:
		return halt
	case stage.Permanent:
		if w.folds() {
			return halt
		}
		return deadLetter
	case stage.Poison:
		if w.folds() {
			return halt
		}
		return park
	default:
		return retry
	}
}
