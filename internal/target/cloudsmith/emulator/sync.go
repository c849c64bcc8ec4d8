package emulator

import "time"

// syncPlan decides a synchronisation when it starts; what a client sees of it
// is a function of the clock.
type syncPlan struct {
	start time.Time
	delay time.Duration
	// hang never ends.
	hang bool
	// failed ends in failure, at failStage, with reason or a null one.
	failed    bool
	failStage stage
	reason    *string
}

// stage is a step of a synchronisation, with its number on the wire. The texts
// of all of them and the numbers of the last and the fourth are known, the
// other numbers are guesses.
type stage int

const (
	stageQueued    stage = 1
	stageParsing   stage = 3
	stageScanning  stage = 4
	stageEnriching stage = 5
	stageDone      stage = 9
)

// String is the text on the wire.
func (st stage) String() string {
	switch st {
	case stageQueued:
		return "Queued"
	case stageParsing:
		return "Parsing Package Metadata"
	case stageScanning:
		return "Scanning Package"
	case stageEnriching:
		return "Enriching Package"
	}
	return "Fully Synchronised"
}

// Status numbers. Those of the unfinished ones are guesses.
const (
	statusAwaiting    = 1
	statusInProgress  = 2
	statusCompleted   = 4
	statusFailed      = 5
	statusQuarantined = 8
)

// syncState is how far a synchronisation is at one moment.
type syncState struct {
	status   int
	text     string
	stage    stage
	reason   *string
	progress int
	updated  time.Time
	// finished is zero unless the synchronisation came to a good end.
	finished time.Time
}

func (st syncState) awaiting() bool   { return st.status == statusAwaiting }
func (st syncState) inProgress() bool { return st.status == statusInProgress }
func (st syncState) inFlight() bool   { return st.awaiting() || st.inProgress() }
func (st syncState) failed() bool     { return st.status == statusFailed }

// completed includes the quarantined: their synchronisation is over.
func (st syncState) completed() bool {
	return st.status == statusCompleted || st.status == statusQuarantined
}

// state says how far p is. A quarter of the delay it waits, then it goes
// through the stages.
func (p *pkg) state(now time.Time) syncState {
	plan := p.sync
	gone := now.Sub(plan.start)
	if gone < plan.delay || plan.hang {
		return plan.underway(gone)
	}
	end := plan.start.Add(plan.delay)
	st := syncState{updated: end, finished: end, progress: 100, status: statusCompleted, text: "Completed", stage: stageDone}
	switch {
	case plan.failed:
		st.status, st.text = statusFailed, "Failed"
		st.stage, st.reason, st.progress = plan.failStage, plan.reason, 45
		st.finished = time.Time{}
	case p.quarantined:
		st.status, st.text = statusQuarantined, "Quarantined"
	}
	return st
}

// underway is the state of a plan that has not ended.
func (plan syncPlan) underway(gone time.Duration) syncState {
	quarter := plan.delay / 4
	steps := []syncState{
		{status: statusAwaiting, text: "Awaiting", stage: stageQueued},
		{status: statusInProgress, text: "In Progress", stage: stageParsing, progress: 25},
		{status: statusInProgress, text: "In Progress", stage: stageScanning, progress: 45},
		{status: statusInProgress, text: "In Progress", stage: stageEnriching, progress: 75},
	}
	n := len(steps) - 1
	if gone < plan.delay {
		n = int(gone / max(1, quarter))
	}
	n = max(0, min(n, len(steps)-1))
	st := steps[n]
	st.updated = plan.start.Add(time.Duration(n) * quarter)
	return st
}

// leftoverAdvice tells clients not to sync a failed entry again.
const leftoverAdvice = " This package should be deleted."

// planSync decides the synchronisation of p, which starts now. taken says that
// another good package has the same coordinates. s.mu is held.
func (s *Server) planSync(p *pkg, taken bool, now time.Time, fault *SyncFault) {
	plan := syncPlan{start: now, delay: s.opts.SyncDelay}
	switch {
	case !p.complete():
		plan.failed, plan.failStage = true, stageScanning
	case s.opts.Guesses.StrictMaven && p.lacksCoordinates():
		plan.failed, plan.failStage = true, stageParsing
		plan.reason = pointer("Could not find the group, artifact and version of the package.")
	case taken:
		plan.failed, plan.failStage = true, stageParsing
		plan.reason = pointer(duplicateReason(p) + leftoverAdvice)
	}
	if fault != nil {
		plan.hang = fault.Hang
		if fault.Fail {
			plan.failed, plan.failStage, plan.reason = true, stageParsing, fault.Reason
		}
		if fault.Delay != nil {
			plan.delay = time.Duration(*fault.Delay)
		}
	}
	p.sync = plan
	if s.policy != nil && s.policy.matches(p, now) {
		p.violates, p.quarantined = true, true
	}
}

// duplicateReason is what the real service says, as far as it is documented:
// clients look for "already exists".
func duplicateReason(p *pkg) string {
	return "A package with name '" + p.name + "' already exists. Republishing was not enabled for this package."
}
