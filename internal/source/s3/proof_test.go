package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// lastingFlip flips one bit of the object's byte at, in every transfer.
func lastingFlip(at int64) func(string, int64, []byte) []byte {
	return func(_ string, off int64, content []byte) []byte {
		if i := at - off; i >= 0 && i < int64(len(content)) {
			content[i] ^= 1 << (at % 8)
		}
		return content
	}
}

func readObject(t *testing.T, s *Source, key string) ([]byte, stage.Proof, error) {
	t.Helper()
	o := listed(t, s, key)
	b, err := s.Open(t.Context(), o)
	if err != nil {
		return nil, stage.ProofNone, err
	}
	defer b.Close()
	got, err := io.ReadAll(b)
	return got, b.Proof(), err
}

func listed(t *testing.T, s *Source, key string) stage.Object {
	t.Helper()
	page, err := s.List(t.Context(), stage.Shard{Prefix: key})
	if err != nil || len(page.Objects) == 0 {
		t.Fatalf("%q is not listed: %v", key, err)
	}
	return page.Objects[0]
}

// cutUp makes parts of the given lengths.
func cutUp(content []byte, lengths ...int) [][]byte {
	var parts [][]byte
	for _, n := range lengths {
		parts, content = append(parts, content[:n]), content[n:]
	}
	return parts
}

func TestFlippedBitIsCaught(t *testing.T) {
	even := []int{10_000, 10_000, 10_000, 10_000, 4_001}
	uneven := []int{10_000, 3_000, 17_000, 9_999, 4_002}
	single := []int{44_001}
	for _, tc := range []struct {
		name    string
		lengths []int
		with    func(o *fakeObject)
		store   func(f *fakeStore)
		proof   stage.Proof
	}{
		{name: "md5 entity tag", lengths: single, proof: "md5"},
		{name: "md5-5 entity tag", lengths: even, proof: "md5-5"},
		{name: "md5-5 entity tag of uneven parts", lengths: uneven, proof: "md5-5"},
		{name: "md5-5 entity tag without attributes", lengths: even, store: func(f *fakeStore) { f.noAttributes = true }, proof: "md5-5"},
		{name: "composite sha256", lengths: uneven, with: func(o *fakeObject) { o.with(sha256Sum, true) }, proof: "composite-sha256-5"},
		{name: "composite crc32c", lengths: even, with: func(o *fakeObject) { o.with(crc32cSum, true) }, proof: "composite-crc32c-5"},
		{
			name: "composite crc32 without attributes", lengths: uneven, with: func(o *fakeObject) { o.with(crc32Sum, true) },
			store: func(f *fakeStore) { f.noAttributes = true }, proof: "composite-crc32-5",
		},
		{name: "full crc64nvme", lengths: even, with: func(o *fakeObject) { o.with(crc64nvmeSum, false) }, proof: "crc64nvme"},
		{name: "full crc32c", lengths: even, with: func(o *fakeObject) { o.with(crc32cSum, false) }, proof: "crc32c"},
		{name: "full crc32", lengths: single, with: func(o *fakeObject) { o.with(crc32Sum, false) }, proof: "crc32"},
		{name: "full sha256", lengths: single, with: func(o *fakeObject) { o.with(sha256Sum, false) }, proof: "sha256"},
		{name: "full sha1", lengths: single, with: func(o *fakeObject) { o.with(sha1Sum, false) }, proof: "sha1"},
	} {
		for _, partBytes := range []int64{7_000, 8 << 20} {
			t.Run(fmt.Sprintf("%s, ranges of %d", tc.name, partBytes), func(t *testing.T) {
				f, s := fake(t, Options{PartBytes: partBytes, BufferBytes: 8 * partBytes})
				if tc.store != nil {
					tc.store(f)
				}
				content := noise(44_001)
				o := f.put("k", cutUp(content, tc.lengths...)...)
				if tc.with != nil {
					tc.with(o)
				}
				got, proof, err := readObject(t, s, "k")
				if err != nil || !bytes.Equal(got, content) || proof != tc.proof {
					t.Fatalf("unspoilt: %d bytes, proof %q, %v", len(got), proof, err)
				}

				var begin int64
				for i, n := range tc.lengths {
					for _, at := range []int64{begin, begin + int64(n)/2, begin + int64(n) - 1} {
						f.mu.Lock()
						f.spoil = lastingFlip(at)
						f.mu.Unlock()
						_, proof, err := readObject(t, s, "k")
						if !errors.Is(err, stage.ErrCorrupt) || stage.ClassOf(err) != stage.Retryable || proof != stage.ProofNone {
							t.Errorf("bit flipped at byte %d, in part %d: proof %q, %v", at, i+1, proof, err)
						}
					}
					begin += int64(n)
				}
			})
		}
	}
}

func TestBytesOfTwoPartsThatAreSwappedAreCaught(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 64 << 10})
	content := noise(300_000)
	f.put("k", cutUp(content, 100_000, 100_000, 100_000)...)
	f.spoil = func(_ string, off int64, part []byte) []byte {
		for i := range part {
			if at := off + int64(i); at < 200_000 {
				part[i] = content[(at+100_000)%200_000]
			}
		}
		return part
	}
	if _, _, err := readObject(t, s, "k"); !errors.Is(err, stage.ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestPartsThatOnlySeemEvenAreReadAgainByTheirExactSizes(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 64 << 10})
	// First and last fit an object of even parts; those between do not.
	content := noise(340_000)
	f.put("k", cutUp(content, 100_000, 80_000, 120_000, 40_000)...)
	if _, _, err := readObject(t, s, "k"); !errors.Is(err, stage.ErrCorrupt) {
		t.Fatalf("the deduced sizes cannot have fitted: %v", err)
	}
	got, proof, err := readObject(t, s, "k")
	if err != nil || !bytes.Equal(got, content) || proof != "md5-4" {
		t.Fatalf("%d bytes, proof %q, %v", len(got), proof, err)
	}
}

func TestWhatCannotBeCheckedIsUnproven(t *testing.T) {
	content := noise(300_000)
	for _, tc := range []struct {
		sentence string
		change   func(f *fakeStore, o *fakeObject)
		parts    []int
	}{
		{"an entity tag beside a KMS key is no MD5", func(_ *fakeStore, o *fakeObject) {
			o.headers.Set("X-Amz-Server-Side-Encryption", "aws:kms")
			o.headers.Set("Etag", `"0123456789abcdef0123456789abcdef"`)
		}, []int{300_000}},
		{"an entity tag beside a customer's key is no MD5", func(_ *fakeStore, o *fakeObject) {
			o.headers.Set("X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256")
			o.headers.Set("Etag", `"0123456789abcdef0123456789abcdef"`)
		}, []int{300_000}},
		{"an entity tag of another form is no MD5", func(_ *fakeStore, o *fakeObject) {
			o.headers.Set("Etag", `"v1-of-something"`)
		}, []int{300_000}},
		{"parts that the store does not tell cannot be checked", func(f *fakeStore, _ *fakeObject) {
			f.noPartNumbers, f.noAttributes = true, true
		}, []int{100_000, 100_000, 100_000}},
	} {
		for _, partBytes := range []int64{64 << 10, 8 << 20} {
			t.Run(fmt.Sprintf("%s, ranges of %d", tc.sentence, partBytes), func(t *testing.T) {
				f, s := fake(t, Options{PartBytes: partBytes})
				tc.change(f, f.put("k", cutUp(content, tc.parts...)...))
				got, proof, err := readObject(t, s, "k")
				if err != nil || !bytes.Equal(got, content) || proof != stage.ProofNone {
					t.Fatalf("%d bytes, proof %q, %v", len(got), proof, err)
				}
			})
		}
	}
}

func TestRequestsPerObject(t *testing.T) {
	for _, tc := range []struct {
		sentence string
		put      func(f *fakeStore)
		want     []string
	}{
		{"a small object costs one request", func(f *fakeStore) { f.put("k", noise(1000)) }, []string{"GET k"}},
		{"so does a small multipart object with a checksum of the whole", func(f *fakeStore) {
			f.put("k", noise(1000), noise(10)).with(crc64nvmeSum, false)
		}, []string{"GET k"}},
		{"an upload of one part needs no layout", func(f *fakeStore) {
			o := f.put("k", noise(1000))
			o.headers.Set("Etag", `"`+fmt.Sprintf("%x", combined(md5Sum, o.parts))+`-1"`)
		}, []string{"GET k"}},
		{"a large object costs a HEAD more than its ranges", func(f *fakeStore) { f.put("k", noise(20_000)) },
			[]string{"GET k bytes=0-9999", "GET k bytes=10000-19999", "HEAD k"}},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			f, s := fake(t, Options{PartBytes: 10_000})
			tc.put(f)
			o := listed(t, s, "k")
			f.requests = nil
			b, err := s.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := io.Copy(io.Discard, b); err != nil || b.Proof() == stage.ProofNone {
				t.Fatalf("proof %q, %v", b.Proof(), err)
			}
			if got := f.sorted(); fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("%q instead of %q", got, tc.want)
			}
		})
	}
}
