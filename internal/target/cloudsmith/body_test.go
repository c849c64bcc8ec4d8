package cloudsmith

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/stages/stage"
)

func TestCheckedBodyKeepsTheLastBytesOfAWrongBody(t *testing.T) {
	data := bytes.Repeat([]byte("longshore"), 10_000)
	for name, read := range map[string]func(io.Reader) io.Reader{
		"whole reads":        func(r io.Reader) io.Reader { return r },
		"one byte at a time": iotest.OneByteReader,
		"end with the data":  iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			seen := 0
			b, err := openBody(t.Context(), stage.Publication{
				Size: int64(len(data)), Digests: stage.Digests{SHA256: "of something else"},
				Open: func(context.Context) (io.ReadCloser, error) {
					return io.NopCloser(read(bytes.NewReader(data))), nil
				},
			}, func(int) { seen++ })
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, b)
			if !errors.Is(err, stage.ErrClaimGone) || !errors.Is(b.err, stage.ErrClaimGone) {
				t.Errorf("error %v, want ErrClaimGone", err)
			}
			if n >= int64(len(data)) {
				t.Error("all bytes were handed on before they were known to be wrong")
			}
			if seen == 0 {
				t.Error("nobody was told of progress")
			}
		})
	}
}
