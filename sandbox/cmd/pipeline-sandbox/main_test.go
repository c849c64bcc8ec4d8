package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/sandbox/sample"
)

// TestMain lets the sandbox run itself as the S3 server, as its binary does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serverCommand {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs a sandbox, sets the environment as its export lines say, and
// returns what stops it.
func start(t *testing.T, args ...string) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr buffer
	done := make(chan int, 1)
	args = append([]string{"--s3-addr", "127.0.0.1:0", "--cloudsmith-addr", "127.0.0.1:0"}, args...)
	go func() { done <- run(ctx, args, strings.NewReader(""), &stdout, &stderr) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-done
	})
	t.Cleanup(func() { stop() })
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(stderr.String(), "ready\n"); time.Sleep(10 * time.Millisecond) {
		if len(done) > 0 || time.Now().After(deadline) {
			t.Fatalf("it is not ready: %s", stderr.String())
		}
	}
	for line := range strings.Lines(stdout.String()) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		t.Setenv(name, value)
	}
	return stop
}

func get(t *testing.T, url, key string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestSandbox(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	stop := start(t, "--owner", "acme", "--repo", "lab", "--repo", "spare", "--bucket", "ready-made", "--versioned")

	t.Run("serves a Cloudsmith that takes the exported key", func(t *testing.T) {
		for path, want := range map[string]string{"/user/self/": `"authenticated":true`, "/repos/acme/": `"slug":"spare"`} {
			code, body := get(t, os.Getenv("CLOUDSMITH_API_HOST")+path, os.Getenv("CLOUDSMITH_API_KEY"))
			if code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s", path, code, body)
			}
		}
	})
	t.Run("seeds a bucket with the sample data set", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		args := []string{"seed", "--bucket", "demo", "--objects", "30", "--big-size", "40000000", "--size", "500", "--prefix", "in/"}
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != 0 {
			t.Fatalf("exit %d: %s", code, &stderr)
		}
		client, err := fromEnvironment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range sample.Objects(sample.Options{Objects: 30, BigSize: 40_000_000, Size: 500, Prefix: "in/"}) {
			got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("demo"), Key: aws.String(o.Key)})
			if err != nil {
				t.Errorf("%s: %v", o.Key, err)
				continue
			}
			if a, b := sum(t, got.Body), sum(t, o.Reader()); a != b {
				t.Errorf("%s: other bytes", o.Key)
			}
			got.Body.Close()
			if large := o.Size > partSize; strings.Contains(aws.ToString(got.ETag), "-3") != large {
				t.Errorf("%s: entity tag %s", o.Key, aws.ToString(got.ETag))
			}
		}
	})
	t.Run("keeps versions if told so", func(t *testing.T) {
		client, err := fromEnvironment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String("ready-made")})
		if err != nil || got.Status != "Enabled" {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("cleans up when it is interrupted", func(t *testing.T) {
		if code := stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
		if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if _, err := http.Get(os.Getenv("AWS_ENDPOINT_URL_S3")); err == nil {
			t.Error("the S3 server still answers")
		}
	})
}

func TestDirStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code := start(t, "--dir", dir, "--bucket", "kept")(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "s3", "kept")); err != nil {
		t.Error(err)
	}
}

func sum(t *testing.T, r io.Reader) [sha256.Size]byte {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func TestRefusals(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	t.Setenv("AWS_ENDPOINT_URL", "")
	for name, tc := range map[string]struct {
		args string
		code int
		says string
	}{
		"an address that others can reach": {"--s3-addr 0.0.0.0:0", 2, "--allow-remote"},
		"an address without a host":        {"--cloudsmith-addr :0", 2, "--cloudsmith-addr"},
		"an address without a port":        {"--s3-addr 127.0.0.1", 2, "missing port"},
		"an unknown flag":                  {"--nonsense", 2, "-nonsense"},
		"an unknown command":               {"sow", 2, `unknown argument "sow"`},
		"a mode without a format":          {"--duplicates fail-sync", 2, "FORMAT=MODE"},
		"a mode of an unknown format":      {"--cloudsmith-addr 127.0.0.1:0 --duplicates floppy=fail-sync", 1, "floppy"},
		"seeding without an endpoint":      {"seed", 2, "AWS_ENDPOINT_URL_S3 is not set"},
		"seeding by nobody":                {"seed --workers 0", 2, "--workers"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), strings.Fields(tc.args), nil, &stdout, &stderr); code != tc.code {
				t.Errorf("exit %d, want %d: %s", code, tc.code, &stderr)
			}
			if !strings.Contains(stderr.String(), tc.says) || stdout.Len() > 0 {
				t.Errorf("stderr: %s\nstdout: %s", &stderr, &stdout)
			}
		})
	}
	t.Run("explains itself", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"--help"}, nil, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "-sync-delay") {
			t.Errorf("exit %d: %s", code, &stderr)
		}
	})
}

func TestRemoteCredentialsAreRandom(t *testing.T) {
	start(t, "--allow-remote")
	if key := os.Getenv("CLOUDSMITH_API_KEY"); key == demoCredentials().apiKey || len(key) < 20 {
		t.Errorf("the key is %q", key)
	}
}
