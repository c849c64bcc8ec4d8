package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func shortEOF(t *testing.T, h Harness) {
	const size = 1000
	for i, cut := range []int64{0, 1, size / 2, size - 1} {
		t.Run(fmt.Sprintf("cut after %d of %d bytes", cut, size), func(t *testing.T) {
			key, content := fmt.Sprintf("cut-%d", i), noise(uint64(i), size)
			h.Put(t, key, content)
			o := h.object(t, key)
			h.CutOnce(t, key, cut)
			got, err := readAll(t.Context(), h, o)
			switch {
			case err == nil && !bytes.Equal(got, content):
				t.Fatalf("%d of %d bytes passed for the whole", len(got), size)
			case err != nil && stage.ClassOf(err) != stage.Retryable:
				t.Fatalf("class %s instead of retryable: %v", stage.ClassOf(err), err)
			}
			// Whatever it did about the cut, the next read is whole.
			wantBytes(t, open(t, h, o), content)
		})
	}
}

func alwaysShort(t *testing.T, h Harness) {
	const size = 1000
	for _, cut := range []int64{0, 1, size / 2, size - 1} {
		t.Run(fmt.Sprintf("at byte %d of %d", cut, size), func(t *testing.T) {
			key := fmt.Sprintf("cut-%d", cut)
			h.Put(t, key, noise(1, size))
			o := h.object(t, key)
			h.CutAlways(t, key, cut)
			got, err := readAll(t.Context(), h, o)
			if err == nil {
				t.Fatalf("%d of %d bytes passed for the whole", len(got), size)
			}
			if c := stage.ClassOf(err); c != stage.Retryable {
				t.Fatalf("class %s instead of retryable: %v", c, err)
			}
		})
	}
}

func readAll(ctx context.Context, h Harness, o stage.Object) ([]byte, error) {
	b, err := h.Source.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b)
}

func exactBytes(t *testing.T, h Harness) {
	for _, size := range []int{1, 2, 4095, 65536, 300_001} {
		key, content := fmt.Sprintf("of-%d", size), noise(uint64(size), size)
		h.Put(t, key, content)
		o := h.object(t, key)
		if o.Size != int64(size) || o.Bucket != h.Bucket {
			t.Fatalf("listed as %s with %d bytes, put with %d", o.URI(), o.Size, size)
		}
		b := open(t, h, o)
		wantBytes(t, b, content)
		if b.Proof() == "" {
			t.Fatalf("no proof named; %q says that there is none", stage.ProofNone)
		}
	}
}

func emptyObject(t *testing.T, h Harness) {
	h.Put(t, "empty", nil)
	o := h.object(t, "empty")
	if o.Size != 0 {
		t.Fatalf("listed with %d bytes", o.Size)
	}
	wantBytes(t, open(t, h, o), nil)
	r, err := h.Source.OpenRange(t.Context(), o, 0, 0)
	if err != nil {
		t.Fatalf("opening the empty range: %v", err)
	}
	defer r.Close()
	wantBytes(t, r, nil)
}

func parts(t *testing.T, h Harness) {
	if h.PutParts == nil {
		t.Skip("there are no parts in this source")
	}
	// 5 MiB is the shortest that S3 takes for all but the last part.
	content := noise(5, 5<<20+5<<20+12345)
	h.PutParts(t, "parts", content[:5<<20], content[5<<20:10<<20], content[10<<20:])
	b := open(t, h, h.object(t, "parts"))
	wantBytes(t, b, content)
	if b.Proof() == stage.ProofNone {
		t.Fatal("nothing was checked")
	}
}

func oddKeys(t *testing.T, h Harness) {
	keys := []string{
		"with space", " leading and trailing ", "plus+plus", "percent%41%zz%", "a&b=c?d#e;f:g@h,i$j!k*l(m)n'o\"p",
		"dots/../up", "ünïcödé/日本語/🚢", "back\\slash", "<xml>&amp;</xml>", "tab\there", "line\nbreak", "bell\x07\x01\x1f", "del\x7f",
		"deep/" + strings.Repeat("d/", 50) + "leaf", "long/" + strings.Repeat(strings.Repeat("k", 149)+"/", 5) + strings.Repeat("z", 145), // 900 bytes
		"folder/", "a//b", "/leading",
	}
	want := map[string][]byte{}
	for i, key := range keys {
		if h.Takes != nil && !h.Takes(key) {
			continue
		}
		want[key] = []byte(fmt.Sprintf("content %d", i))
		if strings.HasSuffix(key, "/") {
			want[key] = nil // some stores keep a folder without content only
		}
		h.Put(t, key, want[key])
	}
	listed := map[string]stage.Object{}
	for _, o := range listAll(t, h, "") {
		listed[o.Key] = o
		if _, ok := want[o.Key]; !ok {
			t.Errorf("%q is listed, and was never put", o.Key)
		}
	}
	for key, content := range want {
		o, ok := listed[key]
		if !ok {
			t.Errorf("%q is not listed", key)
			continue
		}
		got, err := readAll(t.Context(), h, o)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("reading %q: %q, %v", key, got, err)
		}
	}
}

func ranges(t *testing.T, h Harness) {
	content := noise(9, 100_000)
	h.Put(t, "r", content)
	o := h.object(t, "r")
	for _, r := range [][2]int64{{0, 1}, {0, 100_000}, {99_999, 1}, {5, 0}, {4096, 8192}, {100_000, 0}} {
		body, err := h.Source.OpenRange(t.Context(), o, r[0], r[1])
		if err != nil {
			t.Fatalf("range %v: %v", r, err)
		}
		wantBytes(t, body, content[r[0]:r[0]+r[1]])
		body.Close()
	}
	for _, r := range [][2]int64{{-1, 1}, {0, -1}, {0, 100_001}, {100_001, 0}, {99_999, 2}} {
		if body, err := h.Source.OpenRange(t.Context(), o, r[0], r[1]); err == nil {
			body.Close()
			t.Errorf("range %v outside the object was opened", r)
		}
	}
}

func endedContext(t *testing.T, h Harness) {
	h.Put(t, "k", noise(1, 200_000))
	o := h.object(t, "k")
	ctx, cancel := context.WithCancel(t.Context())
	b, err := h.Source.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cancel()
	if _, err := io.Copy(io.Discard, b); err == nil {
		// What had arrived before may still be delivered, the end too.
		t.Log("the whole body had arrived before the context ended")
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("body: %v", err)
	}
	for name, call := range map[string]func() error{
		"List": func() error { _, err := h.Source.List(ctx, stage.Shard{}); return err },
		"Stat": func() error { _, err := h.Source.Stat(ctx, h.Bucket, "k"); return err },
		"Open": func() error { _, err := h.Source.Open(ctx, o); return err },
		"OpenRange": func() error {
			_, err := h.Source.OpenRange(ctx, o, 0, 1)
			return err
		},
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func closedEarly(t *testing.T, h Harness) {
	h.Put(t, "k", noise(1, 200_000))
	b := open(t, h, h.object(t, "k"))
	if _, err := io.ReadFull(b, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatalf("closing: %v", err)
		}
	}
	if n, err := b.Read(make([]byte, 10)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Fatalf("reading a closed body: %d, %v", n, err)
	}
}
