package emulator

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDirectPut(t *testing.T) {
	l := newLab(t, Options{MaxRequestBytes: 100})
	t.Run("checks Content-Sha256", func(t *testing.T) {
		l := l.at(t)
		url := l.UploadURL + "/acme/lab/a.bin"
		l.do("PUT", url, "bytes", "Content-Sha256", sha256Of("bytes")).want(200)
		l.do("PUT", url, "bytes", "Content-Sha256", sha256Of("other")).want(422).contains("content_sha256")
		if got := l.Stats().StoredBytes; got != 5 {
			t.Errorf("%d bytes are stored, want those of the good upload only", got)
		}
	})
	t.Run("gives every upload an identifier of its own", func(t *testing.T) {
		l := l.at(t)
		if a, b := l.upload("same", "x"), l.upload("same", "x"); a == b {
			t.Errorf("both are %s", a)
		}
	})
	t.Run("refuses what is too large or of unknown length", func(t *testing.T) {
		l := l.at(t)
		l.do("PUT", l.UploadURL+"/acme/lab/a", strings.Repeat("x", 101)).want(413)
		req, _ := http.NewRequest(http.MethodPut, l.UploadURL+"/acme/lab/a", io.MultiReader(strings.NewReader("x")))
		req.Header.Set("X-Api-Key", l.APIKey())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusLengthRequired {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
	t.Run("keeps nothing of an upload that breaks off", func(t *testing.T) {
		l := l.at(t)
		before := l.Stats()
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PUT /upload/acme/lab/cut HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Length: 10\r\n\r\nhalf", l.APIKey())
		conn.Close()
		waitFor(t, func() bool { return l.Stats().UploadRequests > before.UploadRequests })
		if got := l.Stats().StoredBytes; got != before.StoredBytes {
			t.Errorf("stored bytes went from %d to %d", before.StoredBytes, got)
		}
	})
}

func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come true")
		}
	}
}

// requestUpload asks for an upload and decodes where it goes.
func (l *lab) requestUpload(in map[string]any) uploadBody {
	l.t.Helper()
	a := l.do("POST", "/files/acme/lab/", toJSON(l.t, in)).want(202)
	var b struct {
		uploadBody
		Fields map[string]string `json:"upload_fields"`
	}
	if err := json.Unmarshal([]byte(a.body), &b); err != nil {
		l.t.Fatal(err)
	}
	out := b.uploadBody
	out.Fields = orderOf(l.t, a.body)
	return out
}

// orderOf reads upload_fields in the order of the text.
func orderOf(t testing.TB, body string) *orderedFields {
	t.Helper()
	_, rest, found := strings.Cut(body, `"upload_fields":{`)
	if !found {
		return nil
	}
	var out orderedFields
	dec := json.NewDecoder(strings.NewReader("{" + rest))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		value, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, field{name.(string), value.(string)})
	}
	return &out
}

// form makes the body of a form upload.
func multipartForm(t testing.TB, fields orderedFields, filename, content string) (body, contentType string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, f := range fields {
		if err := w.WriteField(f.name, f.value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", filename)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, content)
	w.Close()
	return buf.String(), w.FormDataContentType()
}

func TestFormUpload(t *testing.T) {
	l := newLab(t, Options{IdleTimeout: 100 * time.Millisecond})
	sum := md5.Sum([]byte("hello"))
	request := map[string]any{"filename": "hello.txt", "md5_checksum": hex.EncodeToString(sum[:])}
	send := func(l *lab, u uploadBody, content string, headers ...string) answer {
		body, contentType := multipartForm(t, *u.Fields, "hello.txt", content)
		return l.do("POST", u.URL, body, append([]string{"X-Api-Key", "", "Content-Type", contentType}, headers...)...)
	}

	t.Run("stores the file and answers 204", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(request)
		send(l, u, "hello").want(204)
		p := l.create("raw", u.Identifier).want(201).object()
		if p["checksum_sha256"] != sha256Of("hello") || p["filename"] != "hello.txt" {
			t.Errorf("got %v %v", p["checksum_sha256"], p["filename"])
		}
	})
	t.Run("hands out fields in an order, the key first", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(request)
		if got := (*u.Fields)[0].name; got != "key" {
			t.Errorf("first field is %s", got)
		}
		if u.Query != nil {
			t.Errorf("a query: %s", *u.Query)
		}
	})
	t.Run("works without an MD5", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(map[string]any{"filename": "no-md5"})
		send(l, u, "anything").want(204)
	})
	t.Run("compares the MD5 that was announced", func(t *testing.T) {
		l := l.at(t)
		send(l, l.requestUpload(request), "hullo").want(400).contains("<Code>BadDigest</Code>")
	})
	t.Run("refuses credentials", func(t *testing.T) {
		l := l.at(t)
		send(l, l.requestUpload(request), "hello", "Authorization", "Basic dTpw").want(400).contains("Unsupported Authorization Type")
	})
	t.Run("wants every field back as it was", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(request)
		(*u.Fields)[0].value = "uploads/elsewhere/hello.txt"
		send(l, u, "hello").want(403).contains("AccessDenied")
		u = l.requestUpload(request)
		fields := (*u.Fields)[1:]
		u.Fields = &fields
		send(l, u, "hello").want(403)
	})
	t.Run("ends a form after its lifetime", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(request)
		l.pass(time.Hour + time.Second)
		send(l, u, "hello").want(403).contains("expired")
	})
	t.Run("answers 400 to a peer that announces bytes and sends none", func(t *testing.T) {
		l := l.at(t)
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "POST /s3/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 500\r\n\r\n")
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		head := make([]byte, 512)
		n, err := conn.Read(head)
		if err != nil || !strings.HasPrefix(string(head[:n]), "HTTP/1.1 400") {
			t.Errorf("got %q, %v", head[:n], err)
		}
	})
	t.Run("takes presigned puts without credentials", func(t *testing.T) {
		l := l.at(t)
		for _, method := range []string{methodPresigned, methodUnsignedPut} {
			u := l.requestUpload(map[string]any{"filename": "p.bin", "method": method})
			l.do("PUT", u.URL+"?"+*u.Query, "bytes", "X-Api-Key", "").want(200)
			l.do("PUT", u.URL+"?X-Amz-Signature=00", "bytes", "X-Api-Key", "").want(403)
			l.create("raw", u.Identifier, "name", method).want(201)
		}
	})
	t.Run("takes method put with the announced digest", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(map[string]any{"filename": "q.bin", "method": methodPut, "sha256_checksum": sha256Of("bytes")})
		l.do("PUT", u.URL+"?"+*u.Query, "other").want(422)
		l.do("PUT", u.URL+"?"+*u.Query, "bytes").want(200)
		l.create("raw", u.Identifier).want(201)
	})
}

func TestFileRequest(t *testing.T) {
	l := newLab(t, Options{})
	for name, tc := range map[string]struct {
		body string
		want int
		says string
	}{
		"a file name":                 {`{"filename":"a"}`, 204, ""},
		"no file name":                {`{}`, 422, "This field is required."},
		"an empty file name":          {`{"filename":" "}`, 422, "This field may not be blank."},
		"255 characters":              {`{"filename":"` + strings.Repeat("é", 255) + `"}`, 204, ""},
		"256 characters":              {`{"filename":"` + strings.Repeat("é", 256) + `"}`, 422, "no more than 255 characters"},
		"a short MD5":                 {`{"filename":"a","md5_checksum":"00"}`, 422, "at least 32"},
		"an MD5 that is no hex":       {`{"filename":"a","md5_checksum":"` + strings.Repeat("z", 32) + `"}`, 422, "pattern"},
		"an unknown method":           {`{"filename":"a","method":"magic"}`, 422, "is not a valid choice"},
		"no JSON":                     {`{"filename":`, 400, "JSON parse error - "},
		"a name with escaped letters": {`{"filename":"\u00e9"}`, 204, ""},
	} {
		t.Run("judges "+name, func(t *testing.T) {
			l := l.at(t)
			a := l.do("POST", "/files/acme/lab/validate/", tc.body).want(tc.want).contains(tc.says)
			if tc.want == 422 {
				a.contains(`"code":"invalid"`, `"detail":"Invalid input."`, `"fields":`)
			}
		})
	}
}

func TestParts(t *testing.T) {
	l := newLab(t, Options{})
	begin := func(l *lab) (id string, put func(n int, body string) answer) {
		u := l.requestUpload(map[string]any{"filename": "big.bin", "method": methodParts})
		return u.Identifier, func(n int, body string) answer {
			return l.do("PUT", fmt.Sprintf("%s?upload_id=%s&part_number=%d", u.URL, u.Identifier, n), body)
		}
	}
	complete := func(l *lab, id string) answer {
		return l.do("POST", "/files/acme/lab/"+id+"/complete/", `{"upload_id":"`+id+`","complete":true}`)
	}
	content := func(l *lab, id, name string) string {
		p := l.create("raw", id, "name", name).want(201).object()
		body := l.do("GET", p["cdn_url"].(string), "").want(200).body
		if p["checksum_sha256"] != sha256Of(body) {
			l.t.Errorf("the digest is not that of the bytes")
		}
		if p["size"] != float64(len(body)) {
			l.t.Errorf("size %v, want %d", p["size"], len(body))
		}
		return body
	}

	t.Run("joins parts in order, whatever order they came in", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		put(3, "three").want(200)
		put(1, "one").want(200)
		put(2, "two").want(200)
		complete(l, id).want(201)
		if got := content(l, id, "order"); got != "onetwothree" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("lets the last write of a part win", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		put(1, "one")
		put(2, "two")
		put(1, "ONE")
		complete(l, id).want(201)
		if got := content(l, id, "again"); got != "ONEtwo" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("refuses to complete nothing, or with a gap", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		complete(l, id).want(400).contains("No parts")
		put(1, "one")
		put(3, "three")
		complete(l, id).want(400).contains("Part 2 is missing")
		put(2, "two")
		complete(l, id).want(201)
	})
	t.Run("completes again after a lost answer, and takes no more parts", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		put(1, "one")
		complete(l, id).want(201)
		complete(l, id).want(201)
		put(2, "two").want(400)
	})
	t.Run("tells where a part goes", func(t *testing.T) {
		l := l.at(t)
		id, _ := begin(l)
		l.do("GET", "/files/acme/lab/"+id+"/info/?filename=big.bin&part_number=7", "").want(200).contains("upload_id=" + id + "&part_number=7")
		l.do("GET", "/files/acme/lab/"+id+"/info/", "").want(422).contains("filename")
	})
	t.Run("forgets an aborted upload", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		put(2, "two")
		l.do("POST", "/files/acme/lab/"+id+"/abort/", "").want(204)
		put(1, "one").want(404)
		complete(l, id).want(404)
	})
	t.Run("says which uploads have no parts", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(map[string]any{"filename": "a"})
		complete(l, u.Identifier).want(400).contains("not a multi-part upload")
	})
	t.Run("survives parts that arrive at once", func(t *testing.T) {
		l := l.at(t)
		id, put := begin(l)
		done := make(chan int)
		for n := 1; n <= 8; n++ {
			go func() {
				for range 3 {
					put(n, strings.Repeat(string(rune('a'+n)), 1000*n))
				}
				done <- n
			}()
		}
		want := ""
		for range 8 {
			<-done
		}
		for n := 1; n <= 8; n++ {
			want += strings.Repeat(string(rune('a'+n)), 1000*n)
		}
		complete(l, id).want(201)
		if got := content(l, id, "at once"); got != want {
			t.Errorf("%d bytes, want %d", len(got), len(want))
		}
	})
}
