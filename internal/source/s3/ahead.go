package s3

import "sync"

// ahead is one range that is being read into a buffer while the body still
// delivers what lies before it. It can be read from while it fills.
type ahead struct {
	buf  []byte
	mu   sync.Mutex
	more sync.Cond
	n    int   // bytes there
	pos  int   // bytes delivered
	err  error // io.EOF when the range is complete
}

// start fills buf, which is at least as long as the span, in a goroutine of its
// own. That ends when the range is complete, when it fails, or with the context
// of the span.
func start(wg *sync.WaitGroup, s *span, buf []byte) *ahead {
	a := &ahead{buf: buf}
	a.more.L = &a.mu
	wg.Go(func() {
		defer s.drop()
		for {
			n, err := s.Read(a.buf[a.n:])
			a.mu.Lock()
			a.n += n
			a.err = err
			a.mu.Unlock()
			a.more.Signal()
			if err != nil {
				return
			}
		}
	})
	return a
}

func (a *ahead) Read(p []byte) (int, error) {
	a.mu.Lock()
	for a.pos == a.n && a.err == nil {
		a.more.Wait()
	}
	n, err := a.n, a.err
	a.mu.Unlock()
	if a.pos < n {
		m := copy(p, a.buf[a.pos:n])
		a.pos += m
		return m, nil
	}
	return 0, err
}
