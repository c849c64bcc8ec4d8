// Package hash is the stage that digests staged bytes.
//
// It reads them once: SHA-256, the CRC that was noted when they were staged,
// and MD5 where somebody needs it. Bytes that differ from their CRC changed
// while they were staged; they are released and the artifact is fetched again,
// so that a flipped bit never gets digests that vouch for it.
//
// Which SHA-256 is the fastest differs between machines, so New measures; see
// methods.
package hash

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:  "hash",
		Doc:   "Digests the staged bytes and checks that they are still those that were staged",
		Needs: []stage.Fact{stage.FactObject, stage.FactClaim},
		Adds:  []stage.Fact{stage.FactDigests},
		Uses:  []stage.Dependency{stage.UsesStaging},
		New:   open,
	}
}

// config is the stage's section of the configuration.
type config struct {
	// MD5 computes that digest too, which takes twice the time of SHA-256.
	MD5 bool `json:"md5" yaml:"md5"`
	// Lanes allows the AVX-512 lanes, see methods: for machines that have
	// AVX-512 but no SHA instructions, and hash many artifacts at once.
	Lanes bool `json:"lanes" yaml:"lanes"`
}

type handler struct {
	staging stage.Staging
	method  method
	md5     bool
	// buffers keeps *buffer: memory is bounded by the artifacts hashed at
	// once, whatever their size.
	buffers sync.Pool
}

func open(env stage.Env) (stage.Handler, error) {
	var c config
	if err := env.Decode(&c); err != nil {
		return nil, fmt.Errorf("reading the configuration of stage hash: %w", err)
	}
	return &handler{
		staging: env.Staging,
		method:  choose(env.Now, c.Lanes),
		md5:     c.MD5,
		buffers: sync.Pool{New: func() any { return new(buffer) }},
	}, nil
}

// Handle digests the bytes of the claim.
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	claim := *in.Artifact.Claim
	digests, err := h.digest(ctx, claim)
	if errors.Is(err, stage.ErrClaimGone) {
		// Damaged bytes that stay would be taken for the good ones by the
		// next fetch: equal names are only written once.
		if rerr := h.staging.Release(ctx, claim.Name); rerr != nil {
			return nil, fmt.Errorf("releasing staged bytes that cannot be used: %w", rerr)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("hashing %s: %w", in.Artifact.Object.URI(), err)
	}
	return []stage.Envelope{in.With(func(a *stage.Artifact) { a.Digests = &digests })}, nil
}

func (h *handler) digest(ctx context.Context, claim stage.Claim) (stage.Digests, error) {
	r, err := h.staging.Open(ctx, claim)
	if err != nil {
		return stage.Digests{}, fmt.Errorf("opening staged bytes: %w", err)
	}
	defer r.Close() //nolint:errcheck // nothing was written

	s, err := h.read(ctx, r)
	if err != nil {
		return stage.Digests{}, fmt.Errorf("reading staged bytes: %w", err)
	}
	if s.size != claim.Size || s.crc != claim.CRC64NVME {
		return stage.Digests{}, stage.Retry(
			fmt.Errorf("%w: staged as %d bytes with crc64nvme %s, read %d with %s",
				stage.ErrClaimGone, claim.Size, claim.CRC64NVME, s.size, s.crc),
			stage.Code("staging-corrupt"),
			stage.Hint("if this happens again, the disk or memory of the staging area is failing"))
	}
	return s.digests, nil
}
