package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/longshore/longshore/stages/stage"
)

// span reads the bytes [at, end) of one pinned version, in order, and resumes
// where a transfer breaks. It ends with io.EOF only after the last byte and
// never passes on one byte more. It is used by one goroutine.
type span struct {
	src *Source
	ctx context.Context //nolint:containedctx // io.Reader has no other way; lives as long as the body
	pin pin

	at, end int64
	// whole says that no Range is needed at the beginning, so that the answer
	// carries the checksums of the object.
	whole bool

	body  io.ReadCloser
	first metadata // of the first answer
	tries int      // since the last byte
	broke error    // how the last transfer ended, to be dealt with by the next Read
	err   error    // sticky
}

// open makes the first request, so that a refusal shows before any byte is
// asked for.
func (s *span) open() error {
	for s.body == nil {
		if err := s.connect(); err != nil {
			if err = s.again(err); err != nil {
				s.err = err
				return err
			}
		}
	}
	return nil
}

func (s *span) Read(p []byte) (int, error) {
	for s.err == nil {
		if s.at == s.end {
			s.err = s.finish()
			break
		}
		if s.broke != nil {
			s.err, s.broke = s.again(s.broke), nil
			continue
		}
		if s.open() != nil {
			break
		}
		n, err := s.body.Read(p[:min(int64(len(p)), s.end-s.at)])
		s.at += int64(n)
		if err != nil && s.at < s.end {
			s.drop()
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // a clean end, yet too early
			}
			s.broke = fmt.Errorf("transfer broke at byte %d: %w", s.at, err)
		}
		if n > 0 {
			s.tries = 0
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, s.err
}

// finish makes sure that nothing follows the last byte, which also lets the
// connection be used again. How the connection ends after that byte says
// nothing about the bytes.
func (s *span) finish() error {
	if s.body == nil {
		return io.EOF
	}
	defer s.drop()
	var extra [1]byte
	if n, _ := io.ReadFull(s.body, extra[:]); n > 0 {
		return corrupt("the answer goes on after byte %d", s.end)
	}
	return io.EOF
}

func (s *span) drop() {
	if s.body != nil {
		s.body.Close() //nolint:errcheck // only read from
		s.body = nil
	}
}

// connect asks for what is left and checks that the answer is just that.
func (s *span) connect() error {
	in := s.pin.get()
	ranged := !s.whole || s.at > 0
	if ranged {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", s.at, s.end-1))
	}
	out, err := s.src.client.GetObject(s.ctx, in, oneTry, withChecksums)
	if err != nil {
		return classify(s.ctx, err, aboutObject)
	}
	if err := s.accept(out, ranged); err != nil {
		out.Body.Close() //nolint:errcheck // refused
		return err
	}
	s.body = out.Body
	return nil
}

func (s *span) accept(out *s3.GetObjectOutput, ranged bool) error {
	m := ofGet(out)
	if ranged {
		want := fmt.Sprintf("bytes %d-%d/%d", s.at, s.end-1, s.pin.size)
		if got := aws.ToString(out.ContentRange); got != want {
			if total, ok := totalOf(got); !ok || total == s.pin.size {
				return corrupt("the answer is %q instead of %q", got, want)
			}
		}
	}
	pinned, err := s.pin.admit(m)
	if err != nil {
		return err
	}
	if ranged && out.ContentLength != nil && *out.ContentLength != s.end-s.at {
		return corrupt("the answer announces %d bytes of a range of %d", *out.ContentLength, s.end-s.at)
	}
	s.pin = pinned
	if s.first.checksums == nil {
		s.first = m
	}
	return nil
}

// again waits before the next try, or returns what ends the span: the end of
// the context, a verdict that no further try changes, or the last of too many
// errors in a row.
func (s *span) again(err error) error {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	if s.tries++; s.tries >= s.src.opts.Tries || !mayPass(err) {
		return err
	}
	base := s.src.opts.Backoff
	pause := min(base<<min(s.tries-1, 16), 50*base)
	pause = pause/2 + rand.N(pause/2+1) //nolint:gosec // jitter
	t := time.NewTimer(max(pause, min(stage.WaitOf(err), s.src.opts.ReadTimeout)))
	defer t.Stop()
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-t.C:
		return nil
	}
}

// mayPass says whether the next try of one transfer can end otherwise.
func mayPass(err error) bool {
	if errors.Is(err, stage.ErrChanged) || errors.Is(err, stage.ErrNotFound) {
		return false
	}
	c := stage.ClassOf(err)
	return c == stage.Retryable || c == stage.Throttled
}

// oneTry leaves retries to the span, which knows where the transfer broke.
func oneTry(o *s3.Options) { o.RetryMaxAttempts = 1 }

// withChecksums asks for the stored checksums. Set as a field, ChecksumMode
// would also make the SDK compute and judge them, at double the cost and with
// an error that looks like a broken transfer.
func withChecksums(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Amz-Checksum-Mode", "ENABLED"))
}

// totalOf reads the size of the whole object from a Content-Range.
func totalOf(contentRange string) (int64, bool) {
	_, total, ok := strings.Cut(contentRange, "/")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(total, 10, 64)
	return n, err == nil && n >= 0
}
