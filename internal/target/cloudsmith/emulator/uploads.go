package emulator

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Upload methods of the API.
const (
	methodPost        = "post"
	methodPut         = "put"
	methodParts       = "put_parts"
	methodPresigned   = "presigned"
	methodUnsignedPut = "unsigned_put"
)

// upload is an identifier: bytes on their way to become a file of a package.
type upload struct {
	id, owner, repo, filename string
	method                    string
	md5, sha256               string
	requested                 time.Time
	// parts is set for put_parts; completing lets one call at a time end it.
	parts      *partSet
	completing sync.Mutex
	// blob is nil until the bytes have arrived. Server.mu guards it and used.
	blob *blob
	// signed says that blob is what the service makes of an RPM.
	signed bool
	// used says that a package has taken the identifier.
	used bool
}

// uploadBody describes an upload on the wire.
type uploadBody struct {
	Identifier string         `json:"identifier"`
	URL        string         `json:"upload_url"`
	Headers    any            `json:"upload_headers"`
	Query      *string        `json:"upload_querystring"`
	Fields     *orderedFields `json:"upload_fields"`
}

// uploadRequest is what the files calls take.
type uploadRequest struct {
	filename, method, md5, sha256 string
}

// readUpload checks the body of a files call.
func (s *Server) readUpload(c *call) (uploadRequest, error) {
	in, err := readObject(c.r)
	if err != nil {
		return uploadRequest{}, err
	}
	v := validator{in: in}
	u := uploadRequest{
		filename: v.text("filename", limits{required: true, max: 255}),
		method:   v.text("method", limits{}),
		md5:      strings.ToLower(v.text("md5_checksum", limits{min: 32, max: 32, hex: true})),
		sha256:   strings.ToLower(v.text("sha256_checksum", limits{min: 64, max: 64, hex: true})),
	}
	if u.method == "" {
		u.method = methodPost
	} else if !slices.Contains(s.opts.Guesses.OfferedMethods, u.method) {
		v.refuse("method", "\""+u.method+"\" is not a valid choice.")
	}
	if s.opts.Guesses.RequireMD5 && u.md5 == "" && (u.method == methodPost || u.method == methodParts) {
		v.refuse("md5_checksum", "This field is required.")
	}
	return u, v.err()
}

// validateFile answers POST /files/{owner}/{repo}/validate/.
func (s *Server) validateFile(c *call) (reply, error) {
	if err := s.wantRepo(c); err != nil {
		return reply{}, err
	}
	if _, err := s.readUpload(c); err != nil {
		return reply{}, err
	}
	return noContent()
}

// createFile answers POST /files/{owner}/{repo}/: it hands out an identifier
// and says where the bytes go.
func (s *Server) createFile(c *call) (reply, error) {
	if err := s.wantRepo(c); err != nil {
		return reply{}, err
	}
	in, err := s.readUpload(c)
	if err != nil {
		return reply{}, err
	}
	u := &upload{
		owner: c.args["owner"], repo: c.args["repo"], filename: in.filename,
		method: in.method, md5: in.md5, sha256: in.sha256, requested: c.now,
	}
	if u.method == methodParts {
		u.parts = newPartSet()
	}
	if err := s.addUpload(u, 0); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted, body: s.describe(c, u)}, nil
}

// addUpload gives u an identifier, unless size more bytes are over the limit
// of the workspace.
func (s *Server) addUpload(u *upload, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.StorageLimit > 0 && s.storage+s.bin.size(s.now())+max(0, size) >= s.opts.StorageLimit {
		return errForbidden
	}
	if s.repos[u.repo] == nil {
		return errNotFound
	}
	u.id = newID()
	for s.uploads[u.id] != nil {
		u.id = newID()
	}
	s.uploads[u.id] = u
	return nil
}

// findUpload returns the upload of a call's {id} if it belongs to the
// repository named there.
func (s *Server) findUpload(c *call, id string) (*upload, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.uploads[id]
	if u == nil || u.owner != c.args["owner"] || u.repo != c.args["repo"] {
		return nil, errNotFound
	}
	return u, nil
}

// describe says where the bytes of u go.
func (s *Server) describe(c *call, u *upload) uploadBody {
	b := uploadBody{Identifier: u.id}
	gateway := c.hosts.Upload + "/" + escape(u.owner, u.repo, u.filename)
	switch u.method {
	case methodParts:
		b.URL = gateway
		b.Query = pointer(partQuery(u.id, 1))
	case methodPut:
		b.URL = gateway
		b.Query = pointer("upload_id=" + u.id)
		headers := map[string]string{}
		if u.sha256 != "" {
			headers["Content-Sha256"] = u.sha256
		}
		b.Headers = headers
	case methodPresigned, methodUnsignedPut:
		b.URL = c.hosts.S3 + "/" + escape("uploads", u.id, u.filename)
		b.Query = pointer(url.Values{"X-Amz-Signature": {s.signer.sign(u.id)}}.Encode())
	default:
		b.URL = c.hosts.S3 + "/"
		b.Fields = s.signer.fields(u, c.now, s.opts.Guesses.FormLifetime)
	}
	return b
}

// arrived records that the bytes of u are in the store. The last write wins,
// until a package has taken the identifier.
func (s *Server) arrived(u *upload, b *blob) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[u.id] != u {
		s.store.drop(b.segments...)
		return errNotFound
	}
	if u.used {
		s.store.drop(b.segments...)
		return badRequest("The upload has been used already.")
	}
	if u.blob != nil {
		s.store.drop(u.blob.segments...)
		s.storage -= u.blob.size
	}
	u.blob = b
	s.storage += b.size
	s.peak = max(s.peak, s.storage)
	return nil
}

func (s *Server) hasArrived(u *upload) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return u.blob != nil
}

func (s *Server) removeUpload(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[u.id] == u {
		delete(s.uploads, u.id)
	}
}

// escape joins segments into an escaped path.
func escape(segments ...string) string {
	for i, p := range segments {
		segments[i] = url.PathEscape(p)
	}
	return strings.Join(segments, "/")
}

func pointer[T any](v T) *T { return &v }

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil
}

func runes(s string) int { return utf8.RuneCountInString(s) }
