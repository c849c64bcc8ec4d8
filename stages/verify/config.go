package verify

import (
	"errors"
	"fmt"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Most packages are processed within a minute. One that is not may take long,
// and looking often would only fill the delay topics.
const (
	slowAfter   = time.Minute
	slowPoll    = 15 * time.Second
	slowerAfter = 10 * time.Minute
	slowerPoll  = time.Minute
)

// config is the stage's section of the configuration.
type config struct {
	// Poll is how long to wait between the first looks at a package; the
	// pace slows down as the package gets older.
	Poll time.Duration `json:"poll" yaml:"poll"`
	// GiveUp is the age of a package after which waiting for it counts as
	// failing.
	GiveUp time.Duration `json:"give_up" yaml:"give_up"`
}

func defaults() config {
	return config{Poll: 2 * time.Second, GiveUp: 24 * time.Hour}
}

func (c config) validate() error {
	var errs []error
	if c.Poll <= 0 {
		errs = append(errs, fmt.Errorf("stage verify: poll is %s: use a duration above 0, such as 2s", c.Poll))
	}
	if c.GiveUp <= 0 {
		errs = append(errs, fmt.Errorf("stage verify: give_up is %s: use a duration above 0, such as 24h", c.GiveUp))
	}
	return errors.Join(errs...)
}

// pace is when to look again at a package of that age.
func (c config) pace(age time.Duration) time.Duration {
	switch {
	case age > slowerAfter:
		return max(c.Poll, slowerPoll)
	case age > slowAfter:
		return max(c.Poll, slowPoll)
	}
	return c.Poll
}

// wait is the verdict on a package that the target has not processed yet. The
// age decides, since a handler remembers nothing.
func (h *handler) wait(in stage.Envelope, status stage.PackageStatus) error {
	p := *in.Artifact.Package
	uploaded := p.UploadedAt
	if uploaded.IsZero() {
		uploaded = status.Package.UploadedAt
	}
	if uploaded.IsZero() {
		// Nobody knows how old it is; it cannot be given up, only looked at
		// calmly.
		return stage.Later(max(h.config.Poll, slowPoll))
	}
	age := h.now().Sub(uploaded)
	if age <= h.config.GiveUp {
		return stage.Later(h.config.pace(age))
	}
	return stage.Retry(
		fmt.Errorf("waiting for package %s: not processed %s after the upload", p.ID, age.Round(time.Second)),
		stage.Code("sync-timeout"),
		stage.Hint("look at the package in the target; raise give_up of stage verify if it is only slow"))
}
