package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// field is an entry of a form; orderedFields keeps the order in JSON, which
// clients repeat in the form.
type field struct{ name, value string }

type orderedFields []field

// MarshalJSON writes an object.
func (f orderedFields) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, e := range f {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, err := json.Marshal(e.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(e.value)
		if err != nil {
			return nil, err
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

func (f orderedFields) get(name string) string {
	for _, e := range f {
		if strings.EqualFold(e.name, name) {
			return e.value
		}
	}
	return ""
}

// policySigner signs what only the Server can have handed out. The key lives
// as long as the Server.
type policySigner struct{ key []byte }

func newPolicySigner() policySigner {
	key := make([]byte, 32)
	// Read never fails.
	_, _ = rand.Read(key)
	return policySigner{key}
}

func (p policySigner) sign(text string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func (p policySigner) verify(text, signature string) bool {
	return hmac.Equal([]byte(p.sign(text)), []byte(signature))
}

// policy is what a form allows, in the shape of an S3 POST policy.
type policy struct {
	Expiration time.Time           `json:"expiration"`
	Conditions []map[string]string `json:"conditions"`
}

// fields makes the form of u, which is valid for so long.
func (p policySigner) fields(u *upload, now time.Time, lifetime time.Duration) *orderedFields {
	out := orderedFields{{"key", uploadKey(u)}}
	if u.md5 != "" {
		out = append(out, field{"Content-MD5", contentMD5(u.md5)})
	}
	date := now.Format("20060102T150405Z")
	out = append(out,
		field{"x-amz-algorithm", "AWS4-HMAC-SHA256"},
		field{"x-amz-credential", "EMULATOR/" + date[:8] + "/us-east-1/s3/aws4_request"},
		field{"x-amz-date", date},
	)
	pol := policy{Expiration: now.Add(lifetime).Truncate(time.Second)}
	for _, f := range out {
		pol.Conditions = append(pol.Conditions, map[string]string{f.name: f.value})
	}
	// A struct of strings and a time always has a JSON form.
	text, _ := json.Marshal(pol) //nolint:errchkjson // as said
	encoded := base64.StdEncoding.EncodeToString(text)
	out = append(out, field{"policy", encoded}, field{"x-amz-signature", p.sign(encoded)})
	return &out
}

// contentMD5 is the form of an MD5 that S3 takes. The hex was checked when the
// upload was requested.
func contentMD5(md5Hex string) string {
	raw, _ := hex.DecodeString(md5Hex)
	return base64.StdEncoding.EncodeToString(raw)
}

func uploadKey(u *upload) string { return "uploads/" + u.id + "/" + u.filename }

// checkPolicy finds the upload that a form belongs to. Every field that was
// handed out has to come back unchanged; refusal says, in S3's words, which did
// not.
func (s *Server) checkPolicy(c *call, fields orderedFields) (u *upload, refusal string) {
	encoded := fields.get("policy")
	if !s.signer.verify(encoded, fields.get("x-amz-signature")) {
		return nil, "Invalid according to Policy: the signature does not match"
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, "Invalid Policy: Invalid Base64 encoding"
	}
	var pol policy
	if err := json.Unmarshal(text, &pol); err != nil {
		return nil, "Invalid Policy: Invalid JSON"
	}
	if c.now.After(pol.Expiration) {
		return nil, "Invalid according to Policy: Policy expired"
	}
	for _, cond := range pol.Conditions {
		for name, want := range cond {
			if fields.get(name) != want {
				return nil, fmt.Sprintf("Invalid according to Policy: Policy Condition failed: %s", name)
			}
		}
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(fields.get("key"), "uploads/"), "/")
	s.mu.RLock()
	defer s.mu.RUnlock()
	if u = s.uploads[id]; u == nil {
		return nil, "Access Denied"
	}
	return u, ""
}
