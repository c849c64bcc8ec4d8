package stage

import (
	"errors"
	"time"
)

// later is a verdict that is no error: not ready yet.
type later struct{ d time.Duration }

func (l later) Error() string { return "not ready yet, look again in " + l.d.String() }

// Later says that the artifact is not ready: it waits in a delay topic for
// about d and comes back. No attempt is counted.
func Later(d time.Duration) error { return later{d} }

// IsLater returns the wait that Later asked for.
func IsLater(err error) (d time.Duration, ok bool) {
	if l, ok := errors.AsType[later](err); ok {
		return l.d, true
	}
	return 0, false
}

// restart asks for the artifact to be fetched again.
type restart struct{ err error }

func (r restart) Error() string { return r.err.Error() }
func (r restart) Unwrap() error { return r.err }

// Restart says that the work on this artifact is void and must begin again
// with fetching the bytes. Restarts are bounded; after the last one err's
// reason becomes a dead letter.
func Restart(err error) error { return restart{err} }

// IsRestart says whether err asks for a restart: Restart, or ErrClaimGone from
// a port.
func IsRestart(err error) bool {
	var r restart
	return errors.As(err, &r) || errors.Is(err, ErrClaimGone)
}
