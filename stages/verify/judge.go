package verify

import (
	"fmt"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// same is the exact class: equal size and SHA-256.
func same(a stage.Artifact, at stage.Package) bool {
	return at.Size == a.Claim.Size && strings.EqualFold(at.SHA256, a.Digests.SHA256)
}

// verdict closes an artifact whose package is the same, with the evidence.
func verdict(a stage.Artifact, at stage.Package) stage.Verdict {
	v := stage.Verdict{
		Disposition:  stage.Verified,
		Class:        stage.ClassExact,
		SourceProof:  a.Claim.Proof,
		SHA256:       a.Digests.SHA256,
		TargetSHA256: strings.ToLower(at.SHA256),
		TargetSize:   at.Size,
	}
	if a.Package.Origin == stage.OriginExisting {
		v.Disposition = stage.Present
		v.Reason = "in the target before the migration, with equal bytes"
	}
	return v
}

// differs is the reason for a package that holds other bytes. If it is ours it
// will be made again; if not, somebody has to choose.
func differs(in stage.Envelope, at stage.Package) error {
	p := *in.Artifact.Package
	err := fmt.Errorf("comparing package %s with %s: the target has sha256 %s and %d bytes, staged were %s and %d",
		p.ID, in.Artifact.Object.URI(), at.SHA256, at.Size, in.Artifact.Digests.SHA256, in.Artifact.Claim.Size)
	if ours(p) {
		return stage.Retry(err, stage.Code("checksum"),
			stage.Hint("the target changes the bytes or loses some: upload the object by hand and compare"))
	}
	return stage.NotRetryable(fmt.Errorf("%w: %w", err, stage.ErrConflict), stage.Code("conflict"),
		stage.Hint("the package was there before the migration: compare it with the object, then remove it or exclude the key"))
}

func refused(in stage.Envelope, status stage.PackageStatus) error {
	reason := status.Reason
	if reason == "" {
		reason = "no reason given"
	}
	return stage.Retry(
		fmt.Errorf("processing package %s of %s in the target: %s", in.Artifact.Package.ID, in.Artifact.Object.URI(), reason),
		stage.Code("sync-failed"),
		stage.Hint("look at the package in the target; a format that reads its files refuses broken ones"))
}

func quarantined(in stage.Envelope, status stage.PackageStatus) error {
	reason := status.Reason
	if reason == "" {
		reason = "no reason given"
	}
	return stage.NotRetryable(
		fmt.Errorf("verifying package %s of %s: quarantined by the target: %s", in.Artifact.Package.ID, in.Artifact.Object.URI(), reason),
		stage.Code("quarantined"),
		stage.Hint("release the package from quarantine or change the policy of the target, then replay the failed artifact"))
}

func vanished(in stage.Envelope, err error) error {
	return stage.Restart(stage.Retry(
		fmt.Errorf("verifying package %s of %s: %w", in.Artifact.Package.ID, in.Artifact.Object.URI(), err),
		stage.Code("vanished"),
		stage.Hint("somebody removes packages while the migration runs: find out who")))
}
