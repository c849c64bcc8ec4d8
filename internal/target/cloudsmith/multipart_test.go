package cloudsmith_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func inParts(size int64) func(*cloudsmith.Options) {
	return func(o *cloudsmith.Options) { o.MultipartThreshold, o.PartSize = size, size }
}

func TestPartsAreAsManyAsNeeded(t *testing.T) {
	const part = 100_000
	for _, c := range []struct {
		size    int
		uploads int64
		files   int64
	}{
		{part - 1, 1, 0},
		{part, 1, 2},
		{part + 1, 2, 2},
		{5 * part, 5, 2},
		{5*part - 1, 5, 2},
	} {
		e := startEmulator(t, emulator.Options{})
		target := openTarget(t, e, inParts(part))
		p := publication(generic("dir/big file.bin"), randomBytes(c.size))
		pkg, err := target.Publish(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		s := await(t, target, pkg)
		if s.State != stage.SyncDone || s.Package.SHA256 != p.Digests.SHA256 || s.Package.Size != p.Size {
			t.Errorf("%d bytes end as %+v", c.size, s)
		}
		n := target.Stats()
		if n.Requests[cloudsmith.KindUpload] != c.uploads || n.Requests[cloudsmith.KindFiles] != c.files || n.Bytes != int64(c.size) {
			t.Errorf("%d bytes: %v and %d bytes sent, want %d uploads and %d calls for files", c.size, n.Requests, n.Bytes, c.uploads, c.files)
		}
	}
}

func TestABrokenPartIsSentAgainAlone(t *testing.T) {
	const part = 100_000
	for name, f := range map[string]emulator.Fault{
		"reset in mid-part": {ResetRequest: ptr[int64](part / 2)},
		"answer lost":       {AnswerLost: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEmulator(t, emulator.Options{})
			f.Method, f.Role, f.Nth = "PUT", emulator.RoleUpload, 3
			fault(t, e, f)
			target := openTarget(t, e, inParts(part))
			p := publication(generic("big.bin"), randomBytes(5*part-7))
			pkg, err := target.Publish(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if s := await(t, target, pkg); s.State != stage.SyncDone || s.Package.SHA256 != p.Digests.SHA256 {
				t.Errorf("ended %+v", s)
			}
			n := target.Stats()
			if n.Requests[cloudsmith.KindUpload] != 6 || n.Bytes > p.Size+part {
				t.Errorf("%d uploads and %d bytes of %d", n.Requests[cloudsmith.KindUpload], n.Bytes, p.Size)
			}
		})
	}
}

func TestAFailedUploadInPartsIsGivenBack(t *testing.T) {
	const part = 100_000
	e := startEmulator(t, emulator.Options{})
	target := openTarget(t, e, inParts(part))
	p := publication(generic("big.bin"), randomBytes(3*part))
	p.Digests.SHA256 = hex.EncodeToString(make([]byte, 32))
	if _, err := target.Publish(t.Context(), p); !errors.Is(err, stage.ErrClaimGone) {
		t.Errorf("error %v, want ErrClaimGone", err)
	}
	ends := map[string]int64{}
	for label, n := range e.Stats().Requests {
		parts := strings.Split(strings.Trim(label, "/"), "/")
		ends[parts[len(parts)-1]] += n
	}
	if ends["abort"] != 1 || ends["complete"] != 0 {
		t.Errorf("the service was asked %v, want one abort and no complete", e.Stats().Requests)
	}
}

func TestPartsThatCannotBeJoinedBeginAgain(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	fault(t, e, emulator.Fault{Method: "POST", Path: "/files/acme/lab/*/complete/", Status: 400, Times: 1})
	target := openTarget(t, e, inParts(1000))
	p := publication(generic("big.bin"), randomBytes(2500))
	_, err := target.Publish(t.Context(), p)
	if err == nil || stage.ClassOf(err) != stage.Retryable {
		t.Fatalf("error %v, want a retryable one", err)
	}
	if _, err := target.Publish(t.Context(), p); err != nil {
		t.Error(err)
	}
}

// pattern is any number of bytes without holding them.
type pattern struct{ left int64 }

func (r *pattern) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), r.left))
	for i := range p[:n] {
		p[i] = byte(i)
	}
	r.left -= int64(n)
	return n, nil
}

func TestALargeObjectIsNotHeldInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 100 MB")
	}
	const size = 100 << 20
	// The bytes that a Read yields depend on its buffer, so the digest is
	// taken with the one that the transfer uses too.
	open := func() io.Reader { return &fixed{r: &pattern{left: size}} }
	h := sha256.New()
	if _, err := io.Copy(h, open()); err != nil {
		t.Fatal(err)
	}
	e := startEmulator(t, emulator.Options{})
	target := openTarget(t, e, inParts(48<<20))
	p := stage.Publication{
		Coordinates: generic("huge.bin"), Size: size, Digests: stage.Digests{SHA256: hex.EncodeToString(h.Sum(nil))},
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(open()), nil },
	}
	stop, peak := watchHeap()
	pkg, err := target.Publish(t.Context(), p)
	stop()
	if err != nil {
		t.Fatal(err)
	}
	if s := await(t, target, pkg); s.Package.SHA256 != p.Digests.SHA256 {
		t.Errorf("ended %+v", s)
	}
	if mb := *peak >> 20; mb > 32 {
		t.Errorf("the heap grew to %d MiB, server included", mb)
	}
}

// fixed reads blocks of one size, whatever the buffer.
type fixed struct {
	r   io.Reader
	buf bytes.Buffer
}

func (f *fixed) Read(p []byte) (int, error) {
	if f.buf.Len() == 0 {
		if _, err := io.CopyN(&f.buf, f.r, 4096); err != nil && f.buf.Len() == 0 {
			return 0, err
		}
	}
	return f.buf.Read(p)
}

// watchHeap samples the heap until stop.
func watchHeap() (stop func(), peak *uint64) {
	peak = new(uint64)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				*peak = max(*peak, m.HeapInuse)
			}
		}
	}()
	return func() { close(quit); <-done }, peak
}

func BenchmarkPublish(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "1MiB": 1 << 20, "64MiB": 64 << 20} {
		b.Run(name, func(b *testing.B) {
			e := startEmulator(b, emulator.Options{})
			target := openTarget(b, e)
			data := randomBytes(size)
			sum := sha256.Sum256(data)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p := publication(generic("bench/"+hex.EncodeToString([]byte{byte(i >> 16), byte(i >> 8), byte(i)})), nil)
				p.Size, p.Digests.SHA256 = int64(size), hex.EncodeToString(sum[:])
				p.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
				if _, err := target.Publish(b.Context(), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
