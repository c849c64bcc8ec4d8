package emulator

import (
	"encoding/xml"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
)

// s3Error is a refusal in S3's form. Clients of the API do not read it.
type s3Error struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

func s3Refusal(status int, code, message string) (reply, error) {
	body, err := xml.Marshal(s3Error{Code: code, Message: message}) //nolint:musttag // the names are those of S3
	if err != nil {
		return reply{}, err
	}
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/xml"}},
		body:   append([]byte(xml.Header), body...),
	}, nil
}

// s3Post answers the form upload of method post. The fields come first, each
// as it was handed out, and the file is last, as S3 demands.
func (s *Server) s3Post(c *call) (reply, error) {
	if c.r.Header.Get("Authorization") != "" {
		return s3Refusal(http.StatusBadRequest, "InvalidArgument", "Unsupported Authorization Type")
	}
	switch err := s.checkLength(c.r); {
	case errors.Is(err, errNoLength):
		return s3Refusal(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	case err != nil:
		return s3Refusal(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
	}
	form, err := c.r.MultipartReader()
	if err != nil {
		return s3Refusal(http.StatusPreconditionFailed, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data")
	}
	var fields orderedFields
	for {
		part, err := form.NextPart()
		if err != nil {
			return s3BodyRefusal(err)
		}
		if part.FormName() == "file" {
			return s.s3File(c, fields, form, part)
		}
		value, err := io.ReadAll(io.LimitReader(part, 64<<10))
		if err != nil {
			return s3BodyRefusal(err)
		}
		fields = append(fields, field{part.FormName(), string(value)})
	}
}

// s3File stores the file of a form whose other fields are known.
func (s *Server) s3File(c *call, fields orderedFields, form *multipart.Reader, file io.Reader) (reply, error) {
	u, refusal := s.checkPolicy(c, fields)
	if refusal != "" {
		return s3Refusal(http.StatusForbidden, "AccessDenied", refusal)
	}
	d := newDigester()
	seg, err := s.store.put(file, d)
	if err != nil {
		return s3BodyRefusal(err)
	}
	b := newBlob(d.sum(), seg)
	// The end of the form proves that the file is whole.
	if _, err := form.NextPart(); err != io.EOF {
		s.store.drop(seg)
		return s3BodyRefusal(err)
	}
	if u.md5 != "" && u.md5 != b.digests.md5Hex() {
		s.store.drop(seg)
		return s3Refusal(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	if b, err = s.keep(c, b); err != nil {
		return reply{}, err
	}
	if b != nil {
		etag := `"` + b.digests.md5Hex() + `"`
		if err := s.arrived(u, b); err != nil {
			return s3Refusal(http.StatusForbidden, "AccessDenied", "Invalid according to Policy: the key is taken.")
		}
		c.w.Header().Set("ETag", etag)
	}
	return noContent()
}

// s3BodyRefusal answers a form that did not arrive whole.
func s3BodyRefusal(err error) (reply, error) {
	switch {
	case errors.Is(err, errIdle):
		return s3Refusal(http.StatusBadRequest, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period.")
	case err == io.EOF: //nolint:errorlint // a form that breaks off wraps it
		return s3Refusal(http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request.")
	default:
		return s3Refusal(http.StatusBadRequest, "IncompleteBody", "The body of your POST request is not well-formed multipart/form-data.")
	}
}

// s3Put answers a PUT to a presigned address: methods presigned and
// unsigned_put.
func (s *Server) s3Put(c *call) (reply, error) {
	if c.r.Header.Get("Authorization") != "" {
		return s3Refusal(http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed")
	}
	id := c.args["id"]
	if !s.signer.verify(id, c.r.URL.Query().Get("X-Amz-Signature")) {
		return s3Refusal(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	}
	s.mu.RLock()
	u := s.uploads[id]
	s.mu.RUnlock()
	if u == nil || u.filename != c.args["filename"] {
		return s3Refusal(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	if err := s.checkLength(c.r); err != nil {
		return s3Refusal(http.StatusLengthRequired, "MissingContentLength", err.Error())
	}
	return s.putInto(c, u, http.StatusOK)
}
