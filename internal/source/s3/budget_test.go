package s3

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func TestBodiesShareTheBudgetAndNeverWaitForIt(t *testing.T) {
	const part, bodies = 10_000, 20
	for _, buffers := range []int64{0, 1, 3} {
		t.Run(fmt.Sprintf("%d buffers for %d bodies", buffers, bodies), func(t *testing.T) {
			f, s := fake(t, Options{PartBytes: part, BufferBytes: max(1, buffers*part)})
			content := noise(12*part + 1)
			f.put("k", content)
			o := listed(t, s, "k")
			var open []stage.Body
			for range bodies {
				b, err := s.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				open = append(open, b)
			}
			// Nobody closes before everybody is through, and each waits for all
			// others again and again.
			got := make([]bytes.Buffer, bodies)
			for range len(content)/777 + 1 {
				for i, b := range open {
					if _, err := io.CopyN(&got[i], b, 777); err != nil && err != io.EOF {
						t.Fatal(err)
					}
					if held := s.budget.all - s.budget.free; int64(held) > buffers {
						t.Fatalf("%d buffers handed out of %d", held, buffers)
					}
				}
			}
			for i := range got {
				if !bytes.Equal(got[i].Bytes(), content) || open[i].Proof() != stage.ProofMD5 {
					t.Fatalf("body %d: %d bytes, proof %q", i, got[i].Len(), open[i].Proof())
				}
				open[i].Close()
			}
			wantAllBack(t, s)
		})
	}
}

func wantAllBack(t *testing.T, s *Source) {
	t.Helper()
	b := s.budget
	if b.free != b.all || b.open != 0 || b.idle != nil {
		t.Fatalf("%d of %d buffers free, %d bodies open, %d kept", b.free, b.all, b.open, len(b.idle))
	}
}

func TestSecondBodyGetsItsShare(t *testing.T) {
	b := newBudget(80, 10)
	b.join()
	var first [][]byte
	for buf, ok := b.take(0); ok; buf, ok = b.take(len(first)) {
		first = append(first, buf)
	}
	if len(first) != 8 {
		t.Fatalf("alone it got %d of 8", len(first))
	}
	b.join()
	// The first gives back while it reads on, and gets no more than half.
	for len(first) > 4 {
		b.give(first[len(first)-1])
		first = first[:len(first)-1]
	}
	if _, ok := b.take(len(first)); ok {
		t.Error("the first got more than its share")
	}
	if _, ok := b.take(0); !ok {
		t.Error("the second got nothing")
	}
}

func TestCloseEndsWhatReadsAhead(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 1000, BufferBytes: 4000})
	f.put("k", noise(9000))
	o := listed(t, s, "k")
	// Ranges behind the first never end by themselves.
	f.intercept = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if rg := r.Header.Get("Range"); rg == "" || rg == "bytes=0-999" {
			return false
		}
		<-r.Context().Done()
		return true
	}
	b, err := s.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		if _, err := io.Copy(io.Discard, b); err == nil {
			t.Error("a body that was closed came to its end")
		}
	})
	b.Close()
	reading.Wait()
	wantAllBack(t, s)
}

func TestFailedOpenLeavesNothingBehind(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 1000})
	f.put("k", noise(9000))
	o := listed(t, s, "k")
	delete(f.objects, "k")
	if _, err := s.Open(t.Context(), o); err == nil {
		t.Fatal("opened")
	}
	wantAllBack(t, s)
}
