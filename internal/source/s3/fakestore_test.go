package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeStore answers what the real server of the other tests cannot: COMPOSITE
// checksums of odd layouts, encoded keys, archives, empty pages, and faults.
// It knows one bucket and no signatures.
type fakeStore struct {
	mu       sync.Mutex
	objects  map[string]*fakeObject
	pageSize int
	requests []string // "GET key bytes=0-9", in order

	noAttributes  bool // GetObjectAttributes is not known
	noPartNumbers bool // partNumber is ignored
	emptyPages    int  // so many pages to come are empty, but not the last
	cuts          map[string]cut

	// intercept answers a request instead of the store if it returns true.
	intercept func(w http.ResponseWriter, r *http.Request, key string) bool
	// spoil changes the bytes of a GET, which begin at byte off of the object.
	spoil func(key string, off int64, content []byte) []byte
}

type fakeObject struct {
	parts   [][]byte // one for a single upload
	content []byte   // all of them
	headers http.Header
}

func newFakeStore() *fakeStore {
	return &fakeStore{objects: map[string]*fakeObject{}, cuts: map[string]cut{}, pageSize: 1000}
}

// put stores an object as one upload, or in parts if there are several.
func (f *fakeStore) put(key string, parts ...[]byte) *fakeObject {
	o := &fakeObject{parts: parts, content: slices.Concat(parts...), headers: http.Header{}}
	if len(parts) == 1 {
		sum := md5.Sum(parts[0])
		o.headers.Set("Etag", `"`+hex.EncodeToString(sum[:])+`"`)
	} else {
		o.headers.Set("Etag", `"`+hex.EncodeToString(combined(md5Sum, parts))+fmt.Sprintf(`-%d"`, len(parts)))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objects[key] = o
	return o
}

// with adds a checksum of the whole, or one of part checksums.
func (o *fakeObject) with(a algorithm, composite bool) *fakeObject {
	h, kind, suffix := a.new(), "FULL_OBJECT", ""
	h.Write(o.content)
	sum := h.Sum(nil)
	if composite {
		kind, sum, suffix = "COMPOSITE", combined(a, o.parts), fmt.Sprintf("-%d", len(o.parts))
	}
	o.headers.Set("X-Amz-Checksum-"+string(a), base64.StdEncoding.EncodeToString(sum)+suffix)
	o.headers.Set("X-Amz-Checksum-Type", kind)
	return o
}

// combined is written apart from digest on purpose.
func combined(a algorithm, parts [][]byte) []byte {
	outer := a.new()
	for _, p := range parts {
		inner := a.new()
		inner.Write(p)
		outer.Write(inner.Sum(nil))
	}
	return outer.Sum(nil)
}

func (f *fakeStore) count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

func (f *fakeStore) sorted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.requests))
}

func (f *fakeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	f.mu.Lock()
	kind := r.Method
	switch {
	case q.Has("list-type"):
		kind = "LIST"
	case q.Has("attributes"):
		kind = "ATTRIBUTES"
	}
	f.requests = append(f.requests, strings.TrimSpace(kind+" "+key+" "+r.Header.Get("Range")))
	o, intercept := f.objects[key], f.intercept
	f.mu.Unlock()
	if intercept != nil && intercept(w, r, key) {
		return
	}
	switch {
	case kind == "LIST":
		f.list(w, q)
	case o == nil:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case kind == "ATTRIBUTES":
		f.attributes(w, o)
	default:
		f.object(w, r, key, o)
	}
}

func (f *fakeStore) list(w http.ResponseWriter, q url.Values) {
	f.mu.Lock()
	defer f.mu.Unlock()
	type entry struct{ Key, ETag, LastModified, StorageClass, Size string }
	type result struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		EncodingType          string
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []entry
	}
	after := q.Get("start-after")
	if token, ok := strings.CutPrefix(q.Get("continuation-token"), "token-after-"); ok {
		after = token
	}
	out := result{EncodingType: "url"}
	if f.emptyPages > 0 {
		f.emptyPages--
		out.IsTruncated, out.NextContinuationToken = true, fmt.Sprintf("token-after-%s", after)
		if after == "" {
			// Tokens differ from page to page, empty or not.
			out.NextContinuationToken = "token-of-the-beginning"
		}
		xml.NewEncoder(w).Encode(out)
		return
	}
	var keys []string
	for k := range f.objects {
		if strings.HasPrefix(k, q.Get("prefix")) && k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	most := f.pageSize
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		most = min(most, n)
	}
	if len(keys) > most {
		keys = keys[:most]
		out.IsTruncated, out.NextContinuationToken = true, "token-after-"+keys[most-1]
	}
	for _, k := range keys {
		o := f.objects[k]
		out.Contents = append(out.Contents, entry{
			Key: strings.ReplaceAll(url.QueryEscape(k), "%2F", "/"), ETag: o.headers.Get("Etag"), Size: strconv.Itoa(len(o.content)),
			LastModified: "2026-01-02T03:04:05.000Z", StorageClass: "STANDARD",
		})
	}
	xml.NewEncoder(w).Encode(out)
}

func (f *fakeStore) attributes(w http.ResponseWriter, o *fakeObject) {
	// As S3 does, part sizes are kept only beside part checksums.
	if f.noAttributes || len(o.parts) < 2 || o.headers.Get("X-Amz-Checksum-Type") != "COMPOSITE" {
		if f.noAttributes {
			refuse(w, http.StatusForbidden, "AccessDenied")
			return
		}
		fmt.Fprintf(w, `<GetObjectAttributesResponse><ObjectParts><PartsCount>%d</PartsCount></ObjectParts></GetObjectAttributesResponse>`, len(o.parts))
		return
	}
	fmt.Fprintf(w, `<GetObjectAttributesResponse><ObjectParts><PartsCount>%d</PartsCount><IsTruncated>false</IsTruncated>`, len(o.parts))
	for i, p := range o.parts {
		fmt.Fprintf(w, `<Part><PartNumber>%d</PartNumber><Size>%d</Size></Part>`, i+1, len(p))
	}
	fmt.Fprint(w, `</ObjectParts></GetObjectAttributesResponse>`)
}

func (f *fakeStore) object(w http.ResponseWriter, r *http.Request, key string, o *fakeObject) {
	content, h := o.content, w.Header()
	if m := r.Header.Get("If-Match"); m != "" && m != o.headers.Get("Etag") {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	for k, v := range o.headers {
		if !strings.HasPrefix(k, "X-Amz-Checksum-") || (r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && r.Header.Get("Range") == "") {
			h[k] = v
		}
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("partNumber")); err == nil && !f.noPartNumbers {
		h.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(o.parts)))
		h.Set("Content-Length", strconv.Itoa(len(o.parts[n-1])))
		w.WriteHeader(http.StatusPartialContent)
		return
	}
	status, from, to := http.StatusOK, int64(0), int64(len(content))
	if rg := r.Header.Get("Range"); rg != "" {
		fmt.Sscanf(rg, "bytes=%d-%d", &from, &to)
		to++
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(content)))
		status = http.StatusPartialContent
	}
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	body := content[from:to]
	if r.Method == http.MethodGet {
		f.mu.Lock()
		if f.spoil != nil {
			body = f.spoil(key, from, slices.Clone(body))
		}
		if c, ok := f.cuts[key]; ok {
			if !c.always {
				delete(f.cuts, key)
			}
			body = body[:min(int64(len(body)), max(0, c.at-from))]
			h.Del("Content-Length") // the end looks clean
		}
		f.mu.Unlock()
	}
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		w.(http.Flusher).Flush() // also keeps the server from adding a length
		w.Write(body)
	}
}

// fake starts a store and opens a source on it that is quick to retry.
func fake(t testing.TB, o Options) (*fakeStore, *Source) {
	t.Helper()
	f := newFakeStore()
	useEndpoint(t, serve(t, f))
	o.Bucket = "bucket"
	if o.Backoff == 0 {
		o.Backoff = 1
	}
	return f, openSource(t, o)
}
