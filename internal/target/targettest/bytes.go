package targettest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// long is more than the buffers between a reader and a socket hold, so that a
// target which checks too late has sent something by then.
func long() *content { return bytesOf(strings.Repeat("0123456789abcdef", 40_000)) }

func refusesDifferentBytes(t *testing.T, h Harness) {
	for _, body := range []*content{bytesOf("short"), long()} {
		t.Run(strconv.Itoa(len(body.data))+" bytes", func(t *testing.T) {
			where := h.Coordinates("a/flipped-" + strconv.Itoa(len(body.data)))
			p := body.at(where)
			p.Open = func(context.Context) (io.ReadCloser, error) {
				flipped := bytes.Clone(body.data)
				flipped[len(flipped)/2] ^= 1
				return io.NopCloser(bytes.NewReader(flipped)), nil
			}
			refusesClaim(t, h, p)
		})
	}
}

func refusesWrongLength(t *testing.T, h Harness) {
	body := long()
	n := len(body.data)
	for _, length := range []int{0, 1, n / 2, n - 1, n + 1} {
		t.Run(strconv.Itoa(length)+" of "+strconv.Itoa(n)+" bytes", func(t *testing.T) {
			p := body.at(h.Coordinates("a/length-" + strconv.Itoa(length)))
			p.Open = func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(append(bytes.Clone(body.data), 'x')[:length])), nil
			}
			refusesClaim(t, h, p)
		})
	}
}

func refusesClaim(t *testing.T, h Harness, p stage.Publication) {
	t.Helper()
	if _, err := h.Target.Publish(t.Context(), p); !errors.Is(err, stage.ErrClaimGone) {
		t.Errorf("error %v, want one that wraps ErrClaimGone", err)
	}
	none(t, h, p.Coordinates)
}

func passesOnReadErrors(t *testing.T, h Harness) {
	cause := errors.New("the disk makes a noise")
	fault := stage.Halt(cause)
	body := long()
	broken := map[string]func(context.Context) (io.ReadCloser, error){
		"when opened": func(context.Context) (io.ReadCloser, error) { return nil, fault },
		"half way": func(context.Context) (io.ReadCloser, error) {
			half := bytes.NewReader(body.data[:len(body.data)/2])
			return io.NopCloser(io.MultiReader(half, errReader{fault})), nil
		},
	}
	for name, open := range broken {
		t.Run(name, func(t *testing.T) {
			p := body.at(h.Coordinates("a/broken"))
			p.Open = open
			_, err := h.Target.Publish(t.Context(), p)
			if !errors.Is(err, cause) {
				t.Fatalf("error %v, want one that wraps the reader's", err)
			}
			if c := stage.ClassOf(err); c != stage.Halted {
				t.Errorf("class %q, want the reader's %q", c, stage.Halted)
			}
			none(t, h, p.Coordinates)
		})
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
