package s3server

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// asChild makes this test binary the server process, as the sandbox makes
// itself one.
const asChild = "S3SERVER_TEST_AS_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func config(t *testing.T) Config {
	t.Helper()
	dir := t.TempDir()
	return Config{
		Addr: "127.0.0.1:0", Dir: filepath.Join(dir, "buckets"), VersionsDir: filepath.Join(dir, "versions"),
		AccessKey: "access", SecretKey: "secret-of-the-test",
	}
}

func TestStart(t *testing.T) {
	t.Setenv(asChild, "1")
	t.Run("serves until it is stopped", func(t *testing.T) {
		var log bytes.Buffer
		child, err := Start(t.Context(), config(t), &log, os.Args[0])
		if err != nil {
			t.Fatalf("%v\n%s", err, &log)
		}
		defer child.Stop()
		res, err := http.Get(child.URL + healthPath)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", res, err)
		}
		res.Body.Close()
		child.Stop()
		child.Stop()
		if _, err := http.Get(child.URL + healthPath); err == nil {
			t.Fatal("it answers after it was stopped")
		}
		if bytes.Contains(log.Bytes(), []byte("secret-of-the-test")) {
			t.Fatal("the secret is in its log")
		}
	})
	t.Run("an address that is taken is said so", func(t *testing.T) {
		var log bytes.Buffer
		first, err := Start(t.Context(), config(t), os.Stderr, os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer first.Stop()
		c := config(t)
		c.Addr = first.URL[len("http://"):]
		if second, err := Start(t.Context(), c, &log, os.Args[0]); err == nil {
			second.Stop()
			t.Fatal("two servers on one address")
		}
		if !bytes.Contains(log.Bytes(), []byte(c.Addr)) {
			t.Fatalf("the address is not named: %s", &log)
		}
	})
	t.Run("a configuration with gaps is refused at once", func(t *testing.T) {
		if _, err := Start(t.Context(), Config{}, os.Stderr, os.Args[0]); err == nil {
			t.Fatal("started")
		}
	})
}

func TestMainEndsWithStdin(t *testing.T) {
	c := config(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--dir", c.Dir)
	cmd.Env = append(os.Environ(), asChild+"=1", accessKeyEnv+"=a", secretKeyEnv+"=b")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { stdin.Close() })
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		cmd.Process.Kill()
		t.Fatal("it outlives its parent")
	}
}
