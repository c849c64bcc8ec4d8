package stagetest

// Op names one operation of one port. Reading is an operation of its own,
// since a transfer breaks in its middle.
type Op string

// The operations that faults can be injected into.
const (
	SourceList      Op = "Source.List"
	SourceStat      Op = "Source.Stat"
	SourceOpen      Op = "Source.Open"
	SourceOpenRange Op = "Source.OpenRange"
	// SourceRead is one Read of what Source.Open and Source.OpenRange
	// returned. It ends with the context that was given to them, as an HTTP
	// body does.
	SourceRead Op = "Source.Read"

	TargetFind    Op = "Target.Find"
	TargetPublish Op = "Target.Publish"
	TargetStatus  Op = "Target.Status"
	TargetRemove  Op = "Target.Remove"

	StagingPut  Op = "Staging.Put"
	StagingOpen Op = "Staging.Open"
	// StagingRead is one Read of what Staging.Open returned. It does not know
	// of any context, as the Read of a file does not.
	StagingRead    Op = "Staging.Read"
	StagingRelease Op = "Staging.Release"

	LedgerFold    Op = "Ledger.Fold"
	LedgerSettled Op = "Ledger.Settled"
)
