package emulator

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// The service signs RPMs with the key of the repository: the signature header
// changes, and with it every digest of the file, while header and payload stay
// as they are. The signature here is a function of those two alone, so that
// the same RPM is stored as the same bytes every time.

// Parts of an RPM: a lead of fixed length, the signature header, padded to
// rpmAlign, then header and payload.
const (
	rpmLead     = 96
	rpmIntro    = 16
	rpmEntry    = 16
	rpmAlign    = 8
	rpmMaxStore = 16 << 20

	rpmTagRSA    = 268
	rpmTypeBin   = 7
	rpmSignature = 256
)

// errNoRPM: the bytes are not an RPM.
var errNoRPM = errors.New("not an RPM")

// signedRPM returns what the service stores of b. What is not an RPM, as in
// tests with made-up bytes, gets the signature at its end.
func (st *store) signedRPM(b *blob) (*blob, error) {
	r, err := b.open()
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read from
	head, rest, err := readRPM(r)
	switch {
	case errors.Is(err, errNoRPM):
		return st.rebuilt(b.segments, nil, signatureOf(b.digests.sha512[:]))
	case err != nil:
		return nil, err
	}
	if _, err := r.Seek(rest, io.SeekStart); err != nil {
		return nil, err
	}
	content := sha512.New()
	if _, err := st.copy(content, nil, r); err != nil {
		return nil, err
	}
	head.sign(signatureOf(content.Sum(nil)))
	return st.rebuilt(skip(b.segments, rest), head.bytes(), nil)
}

// rebuilt makes a blob of new bytes before and after old segments.
func (st *store) rebuilt(segs []segment, before, after []byte) (*blob, error) {
	for _, part := range []struct {
		data  []byte
		front bool
	}{{before, true}, {after, false}} {
		if part.data == nil {
			continue
		}
		seg, err := st.packs.put(part.data)
		if err != nil {
			return nil, err
		}
		if part.front {
			segs = append([]segment{seg}, segs...)
		} else {
			segs = append(slices.Clone(segs), seg)
		}
	}
	d := newDigester()
	if err := st.digest(d, segs...); err != nil {
		return nil, err
	}
	return newBlob(d.sum(), segs...), nil
}

// skip returns segs without their first n bytes. Every file stays in use, even
// if none of its bytes are: whoever drops the result drops all of them.
func skip(segs []segment, n int64) []segment {
	out := slices.Clone(segs)
	for i := range out {
		cut := min(n, out[i].size)
		out[i].offset += cut
		out[i].size -= cut
		n -= cut
	}
	return out
}

// signatureOf stretches a digest to the length of a signature.
func signatureOf(digest []byte) []byte {
	var out []byte
	for i := byte(0); len(out) < rpmSignature; i++ {
		sum := sha512.Sum512(append([]byte("cloudsmith emulator"), append(digest, i)...))
		out = append(out, sum[:]...)
	}
	return out[:rpmSignature]
}

// rpmHead is an RPM up to its header.
type rpmHead struct {
	lead, intro    []byte
	entries, store []byte
}

// readRPM reads the head of r and returns where the header begins.
func readRPM(r io.Reader) (*rpmHead, int64, error) {
	start := make([]byte, rpmLead+rpmIntro)
	if err := readFull(r, start); err != nil {
		return nil, 0, err
	}
	h := &rpmHead{lead: start[:rpmLead], intro: start[rpmLead:]}
	if !bytes.HasPrefix(h.lead, []byte{0xed, 0xab, 0xee, 0xdb}) || !bytes.HasPrefix(h.intro, []byte{0x8e, 0xad, 0xe8, 0x01}) {
		return nil, 0, errNoRPM
	}
	n, size := int64(binary.BigEndian.Uint32(h.intro[8:])), int64(binary.BigEndian.Uint32(h.intro[12:]))
	if n*rpmEntry+size > rpmMaxStore {
		return nil, 0, errNoRPM
	}
	h.entries, h.store = make([]byte, n*rpmEntry), make([]byte, size)
	padding := make([]byte, pad(size))
	for _, part := range [][]byte{h.entries, h.store, padding} {
		if err := readFull(r, part); err != nil {
			return nil, 0, err
		}
	}
	return h, rpmLead + rpmIntro + n*rpmEntry + size + int64(len(padding)), nil
}

func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoRPM
	}
	return err
}

func pad(size int64) int64 { return (rpmAlign - size%rpmAlign) % rpmAlign }

// sign puts a signature into the store, over the one that is there or as a new
// entry.
func (h *rpmHead) sign(signature []byte) {
	for e := h.entries; len(e) >= rpmEntry; e = e[rpmEntry:] {
		at, size := int(binary.BigEndian.Uint32(e[8:])), int(binary.BigEndian.Uint32(e[12:]))
		if binary.BigEndian.Uint32(e) == rpmTagRSA && at >= 0 && size >= 0 && at+size <= len(h.store) {
			copy(h.store[at:at+size], signature)
			return
		}
	}
	entry := make([]byte, rpmEntry)
	for i, v := range []int{rpmTagRSA, rpmTypeBin, len(h.store), len(signature)} {
		binary.BigEndian.PutUint32(entry[4*i:], uint32(v)) //nolint:gosec // lengths that fitted the file
	}
	h.entries = append(h.entries, entry...)
	h.store = append(h.store, signature...)
	binary.BigEndian.PutUint32(h.intro[8:], uint32(len(h.entries)/rpmEntry)) //nolint:gosec // as above
	binary.BigEndian.PutUint32(h.intro[12:], uint32(len(h.store)))           //nolint:gosec // as above
}

func (h *rpmHead) bytes() []byte {
	out := slices.Concat(h.lead, h.intro, h.entries, h.store)
	return append(out, make([]byte, pad(int64(len(h.store))))...)
}
