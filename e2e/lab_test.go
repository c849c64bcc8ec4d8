//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

const (
	bucket    = "lab"
	accessKey = "e2e-access"
	secretKey = "e2e-secret-0123456789"
)

// pipelineBin and s3Bin are the binaries under test and the S3 server's.
var pipelineBin, s3Bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir := os.Getenv("LONGSHORE_E2E")
	if dir == "" {
		dir = "../bin"
	}
	pipelineBin, _ = filepath.Abs(filepath.Join(dir, "pipeline"))
	s3Bin, _ = filepath.Abs(filepath.Join(dir, "pipeline-sandbox"))
	for _, b := range []string{pipelineBin, s3Bin} {
		if _, err := os.Stat(b); err != nil {
			fmt.Fprintf(os.Stderr, "%v: run make build first, or set LONGSHORE_E2E to the folder of the binaries\n", err)
			return 1
		}
	}
	return m.Run()
}

// lab is a bucket on a real S3 server, a local Cloudsmith, and what was put
// into the one and must come out of the other.
type lab struct {
	*testing.T
	s3      *s3.Client
	s3URL   string
	emu     *emulator.Running
	state   string
	mu      sync.Mutex
	objects map[string][]byte // sha256 of every object by key
}

func newLab(t *testing.T, o emulator.Options) *lab {
	t.Helper()
	l := &lab{T: t, state: filepath.Join(t.TempDir(), "state"), objects: map[string][]byte{}}
	o.Dir = t.TempDir()
	emu, err := emulator.Start("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { emu.Stop() })
	l.emu = emu
	l.startS3()
	if _, err := l.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return l
}

// startS3 runs the sandbox's S3 server as a child that ends with this process.
func (l *lab) startS3() {
	l.Helper()
	cmd := exec.Command(s3Bin, "s3-server", "--addr", "127.0.0.1:0", "--dir", filepath.Join(l.TempDir(), "buckets"))
	cmd.Env = append(os.Environ(), "S3SERVER_ACCESS_KEY="+accessKey, "S3SERVER_SECRET_KEY="+secretKey)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		l.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line := make([]byte, 256)
	n, err := out.Read(line)
	if err != nil {
		l.Fatalf("the S3 server did not start: %v", err)
	}
	l.s3URL = strings.TrimSpace(string(line[:n]))
	l.s3 = s3.New(s3.Options{
		BaseEndpoint: aws.String(l.s3URL), Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
}

// put stores an object and remembers what must arrive.
func (l *lab) put(key string, data []byte) {
	l.Helper()
	if err := l.tryPut(l.Context(), key, data); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) tryPut(ctx context.Context, key string, data []byte) error {
	_, err := l.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(data)})
	if err != nil {
		return fmt.Errorf("putting %q: %w", key, err)
	}
	l.remember(key, data)
	return nil
}

func (l *lab) remember(key string, data []byte) {
	sum := sha256.Sum256(data)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[key] = sum[:]
}

// fill stores n small objects below prefix, many at once.
func (l *lab) fill(prefix string, n, size int) {
	l.Helper()
	g, ctx := errgroup.WithContext(l.Context())
	g.SetLimit(32)
	for i := range n {
		g.Go(func() error {
			return l.tryPut(ctx, fmt.Sprintf("%s%03d/object-%06d.bin", prefix, i/500, i), content(i, size))
		})
	}
	if err := g.Wait(); err != nil {
		l.Fatal(err)
	}
}

// content is size bytes that differ from those of every other n.
func content(n, size int) []byte {
	out := make([]byte, 0, size+32)
	for block := 0; len(out) < size; block++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", n, block))
		out = append(out, sum[:]...)
	}
	return out[:size]
}

func (l *lab) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + l.TempDir(),
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL_S3=" + l.s3URL,
		"CLOUDSMITH_API_HOST=" + l.emu.URL, "CLOUDSMITH_UPLOAD_HOST=" + l.emu.UploadURL, "CLOUDSMITH_API_KEY=" + emulator.DemoAPIKey,
	}
}

// command is one invocation of the program.
type command struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	peak           atomic.Int64
}

func (l *lab) command(env []string, args ...string) *command {
	c := &command{Cmd: exec.Command(pipelineBin, args...)}
	c.Env = append(l.env(), env...)
	c.Dir = l.TempDir()
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	return c
}

func (l *lab) migrate(extra ...string) *command {
	return l.command(nil, append([]string{"run", "--source", "s3://" + bucket, "--target", "acme/lab", "--state-dir", l.state, "-o", "json"}, extra...)...)
}

// finish waits for the program and returns its exit code.
func (c *command) finish(t *testing.T) int {
	t.Helper()
	err := c.Wait()
	t.Logf("%s\nexit %d, max RSS %d MiB\n%s", strings.Join(c.Args[1:], " "), c.ProcessState.ExitCode(), c.maxRSS()>>20, c.stderr.String())
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// maxRSS is the largest resident set that was seen, in bytes.
func (c *command) maxRSS() int64 { return c.peak.Load() }

// watch reads the peak of the resident set while the process lives. What wait4
// tells includes the parent at the time of the fork.
func (c *command) watch() {
	path := fmt.Sprintf("/proc/%d/status", c.Process.Pid)
	for {
		text, err := os.ReadFile(path)
		if err != nil {
			return
		}
		_, rest, ok := strings.Cut(string(text), "VmHWM:")
		if !ok {
			return // it is a zombie
		}
		if kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
			c.peak.Store(kib << 10)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (c *command) mustStart(t *testing.T) *command {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go c.watch()
	return c
}

// must runs to the end and demands an exit code.
func (c *command) must(t *testing.T, code int) *command {
	t.Helper()
	if got := c.mustStart(t).finish(t); got != code {
		t.Fatalf("exit code %d, want %d\nstdout: %s", got, code, c.stdout.String())
	}
	return c
}

// summary is the document that run -o json prints.
type summary struct {
	State   string
	Objects struct {
		Enumerated, Verified, Present, Excluded, Superseded, Failed int64
		InFlight                                                    int64 `json:"in_flight"`
	}
	Bytes                 int64
	APIRequests           int64   `json:"api_requests"`
	APIRequestsPerPackage float64 `json:"api_requests_per_package"`
	DurationSeconds       float64 `json:"duration_seconds"`
	Failures              []struct{ Key, Stage, Code, Reason, Hint string }
}

func (c *command) summary(t *testing.T) summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal(c.stdout.Bytes(), &s); err != nil {
		t.Fatalf("stdout is no summary: %v\n%s", err, c.stdout.String())
	}
	return s
}

// control calls a control endpoint of the local Cloudsmith, from outside.
func (l *lab) control(method, path string, in, out any) {
	l.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			l.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, l.emu.URL+"/_emulator/"+path, body)
	if err != nil {
		l.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		l.Fatalf("%s %s: %d %v %s", method, path, res.StatusCode, err, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			l.Fatal(err)
		}
	}
}

func (l *lab) packages() []emulator.PackageSummary {
	l.Helper()
	var all []emulator.PackageSummary
	l.control("GET", "packages", nil, &all)
	return all
}

func (l *lab) stats() emulator.Stats {
	l.Helper()
	var s emulator.Stats
	l.control("GET", "stats", nil, &s)
	return s
}

func (l *lab) fault(f emulator.Fault) {
	l.Helper()
	l.control("POST", "faults", f, nil)
}

// prove compares the bucket, listed anew, with the packages: one completed
// package an object, with its bytes, and no other entry.
func (l *lab) prove() {
	l.Helper()
	byPath := map[string][]emulator.PackageSummary{}
	for _, p := range l.packages() {
		byPath[p.Filepath] = append(byPath[p.Filepath], p)
	}
	want := 0
	for key, sum := range l.listing() {
		want++
		got := byPath[key]
		switch {
		case len(got) != 1:
			l.Errorf("%q: %d packages, want one: %+v", key, len(got), got)
		case got[0].Status != "Completed":
			l.Errorf("%q: status %s (%s)", key, got[0].Status, got[0].StatusReason)
		case got[0].SHA256 != hex.EncodeToString(sum):
			l.Errorf("%q: sha256 %s, want %x", key, got[0].SHA256, sum)
		}
	}
	if len(byPath) != want {
		l.Errorf("%d packages for %d objects", len(byPath), want)
	}
}

// listing is what the bucket holds, without folder markers, from the server.
func (l *lab) listing() map[string][]byte {
	l.Helper()
	out := map[string][]byte{}
	pages := s3.NewListObjectsV2Paginator(l.s3, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.Context())
		if err != nil {
			l.Fatal(err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if strings.HasSuffix(key, "/") {
				continue
			}
			sum, ok := l.objects[key]
			if !ok {
				l.Fatalf("the bucket holds %q, which nobody put there", key)
			}
			out[key] = sum
		}
	}
	return out
}

func (l *lab) listedBytes() (objects, bytes int64) {
	l.Helper()
	pages := s3.NewListObjectsV2Paginator(l.s3, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.Context())
		if err != nil {
			l.Fatal(err)
		}
		for _, o := range page.Contents {
			objects++
			bytes += aws.ToInt64(o.Size)
		}
	}
	return objects, bytes
}
