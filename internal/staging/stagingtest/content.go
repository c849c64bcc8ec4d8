package stagingtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/minio/crc64nvme"

	"github.com/longshore/longshore/stages/stage"
)

// large spans several buffers of any driver and ends inside of one.
const large = 1<<20 + 4711

// name is the claim name of the n-th object.
func name(n int) stage.ClaimName {
	return stage.NewClaimName(stage.Object{Bucket: "bucket", Key: fmt.Sprintf("key %d", n), Size: int64(n), ETag: "etag"})
}

// content is size bytes, others for another seed.
func content(size int, seed byte) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return b
}

// put stages b and checks the claim.
func put(ctx context.Context, s stage.Staging, n stage.ClaimName, b []byte) (stage.Claim, error) {
	c, err := s.Put(ctx, n, int64(len(b)), bytes.NewReader(b))
	if err != nil {
		return c, fmt.Errorf("putting: %w", err)
	}
	want := stage.Claim{Name: n, Size: int64(len(b)), CRC64NVME: fmt.Sprintf("%016x", crc64nvme.Checksum(b))}
	if c != want {
		return c, fmt.Errorf("claim %+v, want %+v", c, want)
	}
	return c, nil
}

// claimFor is the claim that putting b would give.
func claimFor(n stage.ClaimName, b []byte) stage.Claim {
	return stage.Claim{Name: n, Size: int64(len(b))}
}

// wantContent reads a claim and compares it.
func wantContent(ctx context.Context, s stage.Staging, c stage.Claim, want []byte) error {
	r, err := s.Open(ctx, c)
	if err != nil {
		return fmt.Errorf("opening what was put: %w", err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("reading what was put: %w", err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("read %d bytes that are not the %d bytes that were put", len(got), len(want))
	}
	return nil
}

// wantGone checks that nothing is there.
func wantGone(ctx context.Context, s stage.Staging, c stage.Claim) error {
	r, err := s.Open(ctx, c)
	if err == nil {
		return errors.Join(errors.New("opened what must not be there"), r.Close())
	}
	if !errors.Is(err, stage.ErrClaimGone) {
		return fmt.Errorf("opening what is not there: %w, want ErrClaimGone", err)
	}
	return nil
}

// readerFunc is a function that is a reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// after calls f once, when n bytes of b were read.
func after(b []byte, n int, f func() error) io.Reader {
	hook := readerFunc(func([]byte) (int, error) {
		if err := f(); err != nil {
			return 0, err
		}
		return 0, io.EOF
	})
	return io.MultiReader(bytes.NewReader(b[:n]), hook, bytes.NewReader(b[n:]))
}
