//go:build conformance

package cli

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
)

// formSeen is a form upload as it arrived.
type formSeen struct {
	// fields are the names of the parts before the file, in order.
	fields []string
	// part, filename and contentType are of the file.
	part, filename, contentType string
	size                        int64
	md5                         string
	// whole says that nothing was missing or came after the file.
	whole bool
}

// formReader reads a form from what is written to it, and never keeps the
// writer waiting for anything but digests.
type formReader struct {
	*io.PipeWriter
	done chan struct{}
	seen formSeen
}

func newFormReader(contentType string) *formReader {
	r, w := io.Pipe()
	f := &formReader{PipeWriter: w, done: make(chan struct{})}
	_, params, _ := mime.ParseMediaType(contentType)
	go func() {
		defer close(f.done)
		f.seen.whole = f.seen.read(multipart.NewReader(r, params["boundary"]))
		_, _ = io.Copy(io.Discard, r)
	}()
	return f
}

// read notes the parts and says whether all went well.
func (s *formSeen) read(form *multipart.Reader) bool {
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return false
		}
		if part.FileName() == "" {
			s.fields = append(s.fields, part.FormName())
			if _, err := io.Copy(io.Discard, part); err != nil {
				return false
			}
			continue
		}
		_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil {
			return false
		}
		s.part, s.filename, s.contentType = part.FormName(), params["filename"], part.Header.Get("Content-Type")
		sum := md5.New()
		if s.size, err = io.Copy(sum, part); err != nil {
			return false
		}
		s.md5 = hex.EncodeToString(sum.Sum(nil))
		_, err = form.NextRawPart()
		return err == io.EOF
	}
}

// end says that no more comes.
func (f *formReader) end() *formSeen {
	_ = f.Close()
	<-f.done
	return &f.seen
}
