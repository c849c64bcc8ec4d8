package stage

// Disposition is the fate of one object version. Every object that was
// enumerated ends in exactly one (I2).
type Disposition string

const (
	// Verified: the target serves it, and it was compared.
	Verified Disposition = "verified"
	// Present: the target had it before the migration, with equal bytes.
	Present Disposition = "present"
	// Excluded: by rule, with the reason.
	Excluded Disposition = "excluded"
	// Superseded: the source replaced or deleted this version.
	Superseded Disposition = "superseded"
	// Failed: given up, with the reason; a dead letter exists.
	Failed Disposition = "failed"
)

// Dispositions in the order in which reports list them.
func Dispositions() []Disposition {
	return []Disposition{Verified, Present, Excluded, Superseded, Failed}
}

// VerificationClass says how sameness was judged.
type VerificationClass string

// ClassExact: size and SHA-256 equal.
const ClassExact VerificationClass = "exact"

// Verdict closes an artifact: an envelope with one has left the flow and goes
// to the audit topic, whatever stage and port it came from.
type Verdict struct {
	Disposition Disposition `json:"disposition"`
	// Reason is a short clause for people, required for all but Verified.
	Reason string `json:"reason,omitempty"`
	// Code is a stable word for programs, as in Failure.Code.
	Code string `json:"code,omitempty"`
	// Class and the rest are the evidence of Verified and Present.
	Class        VerificationClass `json:"class,omitempty"`
	SourceProof  Proof             `json:"source_proof,omitempty"`
	SHA256       string            `json:"sha256,omitempty"`
	TargetSHA256 string            `json:"target_sha256,omitempty"`
	TargetSize   int64             `json:"target_size,omitempty"`
}
