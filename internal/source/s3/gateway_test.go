package s3

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/internal/source/sourcetest"
	"github.com/longshore/longshore/stages/stage"
)

const (
	testAccessKey = "access"
	testSecretKey = "secret-of-the-test"
)

// scratch outlives single tests, since the gateway does.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "longshore-s3-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	if stopGateway != nil {
		stopGateway()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

var stopGateway func()

// startGateway builds and starts a real S3 server once. It lives in the
// sandbox module, so that the product does not depend on it.
var startGateway = sync.OnceValues(func() (endpoint string, err error) {
	binary := filepath.Join(scratch, "s3server")
	build := exec.Command("go", "build", "-o", binary, "./s3server/cmd/s3server")
	build.Dir = filepath.Join("..", "..", "..", "sandbox")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the S3 server: %w\n%s", err, out)
	}
	cmd := exec.Command(binary, "--dir", filepath.Join(scratch, "buckets"), "--versions-dir", filepath.Join(scratch, "versions"))
	cmd.Env = append(os.Environ(), "S3SERVER_ACCESS_KEY="+testAccessKey, "S3SERVER_SECRET_KEY="+testSecretKey)
	var log bytes.Buffer
	cmd.Stderr = &log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stopGateway = func() { stdin.Close(); cmd.Wait() }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stopGateway()
		return "", fmt.Errorf("starting the S3 server: %w\n%s", err, &log)
	}
	return strings.TrimSpace(line), nil
})

func gateway(t testing.TB) string {
	t.Helper()
	if testing.Short() && os.Getenv("CI") == "" {
		t.Skip("builds and starts a real S3 server")
	}
	endpoint, err := startGateway()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return endpoint
}

// useEndpoint points the AWS variables at a store and away from whatever the
// machine is configured for.
func useEndpoint(t testing.TB, endpoint string) {
	t.Helper()
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL_S3": endpoint, "AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": testAccessKey, "AWS_SECRET_ACCESS_KEY": testSecretKey, "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(k, v)
	}
}

func openSource(t testing.TB, o Options) *Source {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var buckets atomic.Int64

// newBucket makes a bucket of its own for the test.
func newBucket(t testing.TB, s *Source, versioned bool) {
	t.Helper()
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.opts.Bucket}); err != nil {
		t.Fatal(err)
	}
	if !versioned {
		return
	}
	if _, err := s.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &s.opts.Bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
}

func bucketName() string { return fmt.Sprintf("bucket-%d", buckets.Add(1)) }

func put(t testing.TB, s *Source, key string, content []byte, more ...func(*s3.PutObjectInput)) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &s.opts.Bucket, Key: &key, Body: bytes.NewReader(content)}
	for _, f := range more {
		f(in)
	}
	if _, err := s.client.PutObject(t.Context(), in); err != nil {
		t.Fatalf("putting %q: %v", key, err)
	}
}

func putParts(t testing.TB, s *Source, key string, algorithm types.ChecksumAlgorithm, kind types.ChecksumType, parts ...[]byte) {
	t.Helper()
	up, err := s.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: &s.opts.Bucket, Key: &key, ChecksumAlgorithm: algorithm, ChecksumType: kind,
	})
	if err != nil {
		t.Fatal(err)
	}
	var done types.CompletedMultipartUpload
	for i, p := range parts {
		n := aws.Int32(int32(i + 1))
		out, err := s.client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &s.opts.Bucket, Key: &key, UploadId: up.UploadId, PartNumber: n, Body: bytes.NewReader(p), ChecksumAlgorithm: algorithm,
		})
		if err != nil {
			t.Fatal(err)
		}
		part := types.CompletedPart{PartNumber: n, ETag: out.ETag}
		if algorithm != "" {
			part.ChecksumSHA256, part.ChecksumCRC32C, part.ChecksumCRC64NVME = out.ChecksumSHA256, out.ChecksumCRC32C, out.ChecksumCRC64NVME
		}
		done.Parts = append(done.Parts, part)
	}
	if _, err := s.client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &s.opts.Bucket, Key: &key, UploadId: up.UploadId, MultipartUpload: &done, ChecksumType: kind,
	}); err != nil {
		t.Fatal(err)
	}
}

// faultyProxy stands before the gateway and does what no good server does.
type faultyProxy struct {
	*httputil.ReverseProxy
	mu       sync.Mutex
	cuts     map[string]cut
	denyList bool
	// hideChecksums leaves the entity tag as the only thing to check.
	hideChecksums bool
}

type cut struct {
	at     int64
	always bool
}

func newFaultyProxy(t testing.TB, backend string) *faultyProxy {
	t.Helper()
	u, err := url.Parse(backend)
	if err != nil {
		t.Fatal(err)
	}
	p := &faultyProxy{cuts: map[string]cut{}}
	p.ReverseProxy = &httputil.ReverseProxy{
		// The Host that the client signed stays as it is.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = u.Scheme, u.Host, r.In.Host
		},
		ModifyResponse: p.spoil,
	}
	return p
}

func (p *faultyProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	deny := p.denyList && r.URL.Query().Has("list-type")
	p.mu.Unlock()
	if deny {
		refuse(w, http.StatusForbidden, "AccessDenied")
		return
	}
	p.ReverseProxy.ServeHTTP(w, r)
}

func (p *faultyProxy) spoil(res *http.Response) error {
	if p.hideChecksums {
		for h := range res.Header {
			if strings.HasPrefix(h, "X-Amz-Checksum-") {
				delete(res.Header, h)
			}
		}
	}
	if res.Request.Method != http.MethodGet || res.StatusCode/100 != 2 {
		return nil
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(res.Request.URL.Path, "/"), "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.cuts[key]
	if !ok {
		return nil
	}
	if !c.always {
		delete(p.cuts, key)
	}
	var from int64
	fmt.Sscanf(res.Header.Get("Content-Range"), "bytes %d-", &from)
	res.Body = &limitedBody{ReadCloser: res.Body, left: max(0, c.at-from)}
	// Without a length the end looks clean.
	res.Header.Del("Content-Length")
	res.ContentLength = -1
	return nil
}

func (p *faultyProxy) cut(key string, c cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts[key] = c
}

func TestGatewayPassesTheSuite(t *testing.T) {
	backend := gateway(t)
	for _, versioned := range []bool{false, true} {
		t.Run(fmt.Sprintf("versions kept %v", versioned), func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
				proxy := newFaultyProxy(t, backend)
				front := serve(t, proxy)
				useEndpoint(t, front)
				s := openSource(t, Options{Bucket: bucketName(), Backoff: 1, PartBytes: 1 << 20, InFlight: 4})
				s.pageSize = 20
				newBucket(t, s, versioned)
				return sourcetest.Harness{
					Source: s, Bucket: s.opts.Bucket, PageSize: 20, KeepsVersions: versioned,
					Put: func(t *testing.T, key string, content []byte) { put(t, s, key, content) },
					Delete: func(t *testing.T, key string) {
						if _, err := s.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &s.opts.Bucket, Key: &key}); err != nil {
							t.Fatal(err)
						}
					},
					PutParts: func(t *testing.T, key string, parts ...[]byte) { putParts(t, s, key, "", "", parts...) },
					CutOnce:  func(t *testing.T, key string, n int64) { proxy.cut(key, cut{at: n}) },
					CutAlways: func(t *testing.T, key string, n int64) {
						proxy.cut(key, cut{at: n, always: true})
					},
					DenyList: func(*testing.T) { proxy.mu.Lock(); proxy.denyList = true; proxy.mu.Unlock() },
					Takes:    gatewayTakes,
				}
			})
		})
	}
}

// gatewayTakes says which keys versitygw can hold, being a file system, and
// tell, since it does not encode them in the XML of a listing.
func gatewayTakes(key string) bool {
	if strings.Contains(key, "//") || strings.HasPrefix(key, "/") || strings.Contains(key, "..") {
		return false
	}
	return !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' })
}

func TestGatewayProofs(t *testing.T) {
	proxy := newFaultyProxy(t, gateway(t))
	useEndpoint(t, serve(t, proxy))
	s := openSource(t, Options{Bucket: bucketName(), PartBytes: 4 << 20})
	newBucket(t, s, false)
	content := noise(21<<20 + 7)
	fiveParts := [][]byte{content[:5<<20], content[5<<20 : 10<<20], content[10<<20 : 15<<20], content[15<<20 : 20<<20], content[20<<20:]}
	uneven := [][]byte{content[:5<<20], content[5<<20 : 11<<20], content[11<<20 : 16<<20], content[16<<20:]}

	for _, tc := range []struct {
		sentence string
		put      func(key string)
		want     stage.Proof
	}{
		{"parts without checksums are proven by the md5-N entity tag", func(k string) { putParts(t, s, k, "", "", fiveParts...) }, "md5-5"},
		{"so are parts of several lengths", func(k string) { putParts(t, s, k, "", "", uneven...) }, "md5-4"},
		{"parts with SHA-256 are proven by the checksum of checksums", func(k string) {
			putParts(t, s, k, types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, fiveParts...)
		}, "composite-sha256-5"},
		{"parts with CRC64NVME have a checksum of the whole", func(k string) {
			putParts(t, s, k, types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject, fiveParts...)
		}, stage.ProofCRC64NVME},
		{"a single upload with SHA-256 has a checksum of the whole", func(k string) {
			put(t, s, k, content, func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
		}, stage.ProofSHA256},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			proxy.hideChecksums = strings.HasPrefix(string(tc.want), "md5")
			tc.put("k")
			o, err := s.Stat(t.Context(), s.opts.Bucket, "k")
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			got, err := io.ReadAll(b)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			if b.Proof() != tc.want {
				t.Errorf("proof is %q instead of %q", b.Proof(), tc.want)
			}
		})
	}
}

func TestGatewayCheck(t *testing.T) {
	endpoint := gateway(t)
	for _, tc := range []struct {
		sentence   string
		set        func(t *testing.T)
		code, hint string
	}{
		{"a missing bucket names --source", func(*testing.T) {}, "no-bucket", "--source"},
		{"an unknown key names AWS_ACCESS_KEY_ID", func(t *testing.T) { t.Setenv("AWS_ACCESS_KEY_ID", "wrong") }, "bad-credentials", "AWS_ACCESS_KEY_ID"},
		{"a wrong secret names AWS_SECRET_ACCESS_KEY", func(t *testing.T) { t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong") }, "bad-signature", "AWS_SECRET_ACCESS_KEY"},
		{"no key at all names AWS_ACCESS_KEY_ID", func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, "bad-credentials", "AWS_ACCESS_KEY_ID"},
		{"an endpoint where nobody listens names AWS_ENDPOINT_URL_S3", func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
		}, "unreachable", "AWS_ENDPOINT_URL_S3"},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			useEndpoint(t, endpoint)
			tc.set(t)
			s := openSource(t, Options{Bucket: bucketName()})
			err := s.Check(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			f := stage.FailureOf(err)
			if f.Class != stage.Halted || f.Code != tc.code || !strings.Contains(f.Hint, tc.hint) {
				t.Errorf("%+v", f)
			}
			if strings.Contains(err.Error(), testSecretKey) {
				t.Errorf("the secret is in the error: %v", err)
			}
			t.Log(f.Message)
		})
	}
	t.Run("a bucket that answers is fine", func(t *testing.T) {
		useEndpoint(t, endpoint)
		s := openSource(t, Options{Bucket: bucketName()})
		newBucket(t, s, false)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
