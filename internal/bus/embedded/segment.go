package embedded

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
)

// A segment file is a sequence of record batches as they go over the wire.
const (
	// batchHead is the part of a batch that its length does not count: the
	// first offset and the length itself.
	batchHead = 12
	// The checksum lies at 17 and covers what follows it.
	batchChecksum       = 17
	batchChecked        = 21
	batchLastOffset     = 23
	batchFixed          = 61
	maxBatch        int = 64 << 20
)

// soundEnd reads a segment and returns the length of the part that is whole,
// and the offset after its last record.
func soundEnd(path string) (size, next int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close() //nolint:errcheck // only read from
	r := bufio.NewReader(f)
	var batch []byte
	for {
		batch, err = readBatch(r, batch)
		if errors.Is(err, errTorn) {
			return size, next, nil
		}
		if err != nil {
			return 0, 0, err
		}
		first := int64(binary.BigEndian.Uint64(batch))                                     //nolint:gosec // offsets are not negative
		last := int64(binary.BigEndian.Uint32(batch[batchLastOffset : batchLastOffset+4])) // relative to first
		size += int64(len(batch))
		next = first + last + 1
	}
}

// errTorn: what follows is not a whole batch; at the end of a file it is
// nothing at all.
var errTorn = errors.New("no whole batch follows")

// readBatch reads into buf, which it enlarges if need be.
func readBatch(r io.Reader, buf []byte) ([]byte, error) {
	buf = append(buf[:0], make([]byte, batchHead)...)
	if _, err := io.ReadFull(r, buf); err != nil {
		return buf, torn(err)
	}
	length := int(binary.BigEndian.Uint32(buf[8:batchHead]))
	if length < batchFixed-batchHead || length > maxBatch {
		return buf, errTorn
	}
	buf = append(buf, make([]byte, length)...)
	if _, err := io.ReadFull(r, buf[batchHead:]); err != nil {
		return buf, torn(err)
	}
	want := binary.BigEndian.Uint32(buf[batchChecksum:batchChecked])
	if crc32.Checksum(buf[batchChecked:], crc32.MakeTable(crc32.Castagnoli)) != want {
		return buf, errTorn
	}
	return buf, nil
}

func torn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn
	}
	return err
}
