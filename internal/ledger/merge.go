package ledger

import (
	"cmp"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Progress values of a row.
const (
	progressFound = iota + 1
	progressStaged
	progressHashed
	progressUploaded
	progressClosed
)

// fromObject is the row of a version of which nothing else is known yet.
func fromObject(o stage.Object) Row {
	return Row{
		ID: o.ID(), Revision: o.Revision(), Bucket: o.Bucket, Key: o.Key, Size: o.Size,
		Modified: o.Modified, Progress: progressFound,
	}
}

// merge adds to r what the event e says about it. It is idempotent and
// commutative: progress is a maximum, and everything else is taken from the
// one event that wins over all others.
func merge(r Row, e stage.Envelope) Row {
	a, t := e.Artifact, e.Artifact.Transition
	r.Progress = max(r.Progress, progressOf(a))
	v := verdictOf(a)
	if !wins(v, *t, r) {
		return r
	}
	r.Verdict, r.Reason, r.Code, r.Class = v.Disposition, v.Reason, v.Code, v.Class
	r.SourceProof, r.SHA256, r.TargetSHA256 = v.SourceProof, v.SHA256, v.TargetSHA256
	if r.SourceProof == "" && a.Claim != nil {
		r.SourceProof = a.Claim.Proof
	}
	if r.SHA256 == "" && a.Digests != nil {
		r.SHA256 = a.Digests.SHA256
	}
	r.PackageID, r.Origin = "", ""
	if a.Package != nil {
		r.PackageID, r.Origin = a.Package.ID, a.Package.Origin
	}
	r.Hint = ""
	if t.Failure != nil {
		r.Hint = t.Failure.Hint
	}
	r.Stage, r.Updated = t.Stage, t.At.UTC().Truncate(time.Microsecond)
	return r
}

// wins says whether an event describes the row better than what is there: the
// stronger verdict does, among equal ones the later event. The names decide a
// tie, so that the order of folding never does.
func wins(v stage.Verdict, t stage.Transition, r Row) bool {
	return cmp.Or(
		cmp.Compare(strength(v.Disposition), strength(r.Verdict)),
		t.At.Truncate(time.Microsecond).Compare(r.Updated),
		cmp.Compare(t.Stage, r.Stage),
		cmp.Compare(v.Reason, r.Reason),
	) > 0
}

func progressOf(a stage.Artifact) int {
	switch {
	case a.Verdict != nil:
		return progressClosed
	case a.Package != nil:
		return progressUploaded
	case a.Digests != nil:
		return progressHashed
	case a.Claim != nil:
		return progressStaged
	}
	return progressFound
}

// verdictOf is the verdict that the event carries: its own, or Failed for a
// dead letter. An open artifact has none, but its last failure is kept as the
// reason, so that status can say what is being retried.
func verdictOf(a stage.Artifact) stage.Verdict {
	if a.Verdict != nil {
		return *a.Verdict
	}
	t := a.Transition
	var v stage.Verdict
	if t.Failure != nil {
		v.Reason, v.Code = t.Failure.Message, t.Failure.Code
	}
	if t.Outcome == stage.DeadLettered || t.Outcome == stage.Parked {
		v.Disposition = stage.Failed
	}
	return v
}
