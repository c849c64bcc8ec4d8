package ledger

import (
	"cmp"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Row is the fate of one object version.
type Row struct {
	ID       stage.ObjectID
	Revision stage.Revision
	Bucket   string
	Key      string
	Size     int64
	Modified time.Time
	// Progress is how far it came: see the schema.
	Progress int
	// Verdict is the strongest disposition that its own events gave.
	Verdict stage.Disposition
	// Disposition is Verdict, or Superseded where a newer revision replaced a
	// closed one; empty while it is in flight.
	Disposition  stage.Disposition
	Reason       string
	Code         string
	Hint         string
	Class        stage.VerificationClass
	SourceProof  stage.Proof
	SHA256       string
	TargetSHA256 string
	PackageID    string
	Origin       stage.Origin
	Stage        string
	Updated      time.Time
}

// strength orders verdicts: of two events about one version the stronger one
// counts, whatever their order. A dead letter that was replayed ends verified;
// proof beats everything.
func strength(d stage.Disposition) int {
	switch d {
	case stage.Verified:
		return 5
	case stage.Present:
		return 4
	case stage.Superseded:
		return 3
	case stage.Excluded:
		return 2
	case stage.Failed:
		return 1
	}
	return 0
}

// newer orders the versions of one object. A version that the source was seen
// to have replaced is never the newest. The source's clock may count whole
// seconds, so the time of the row's last event decides a tie, and the revision
// another one: every order of folding gives the same result.
func newer(a, b Row) int {
	return cmp.Or(
		cmp.Compare(live(a), live(b)),
		a.Modified.Compare(b.Modified),
		a.Updated.Compare(b.Updated),
		cmp.Compare(a.Revision, b.Revision),
	)
}

func live(r Row) int {
	if r.Verdict == stage.Superseded {
		return 0
	}
	return 1
}

// settle sets the dispositions of all versions of one object. A closed version
// that the source has replaced counts as superseded, so that the current
// versions add up to a listing of the bucket.
func settle(rows []Row) {
	newest := 0
	for i := range rows {
		if newer(rows[i], rows[newest]) > 0 {
			newest = i
		}
	}
	for i := range rows {
		rows[i].Disposition = rows[i].Verdict
		if i != newest && rows[i].Verdict != "" {
			rows[i].Disposition = stage.Superseded
		}
	}
}
