package s3server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	healthPath = "/_health"

	// The credentials reach the child by its environment: arguments can be
	// read by everybody on the machine.
	accessKeyEnv = "S3SERVER_ACCESS_KEY"
	secretKeyEnv = "S3SERVER_SECRET_KEY"
)

// Main is the child process: it serves until ctx or stdin ends, and writes the
// server's URL as one line to stdout once it answers. The result is the exit
// code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c Config
	flags := flag.NewFlagSet("s3-server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.Addr, "addr", "127.0.0.1:0", "host:port to listen on; port 0 picks a free one")
	flags.StringVar(&c.Dir, "dir", "", "directory of the buckets")
	flags.StringVar(&c.VersionsDir, "versions-dir", "", "directory, outside --dir, of versions that were overwritten; none if empty")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	c.AccessKey, c.SecretKey = os.Getenv(accessKeyEnv), os.Getenv(secretKeyEnv)
	if err := c.validate(); err != nil {
		fmt.Fprintf(stderr, "s3-server: %v\n", err)
		return 2
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		io.Copy(io.Discard, stdin) //nolint:errcheck // its end is all that matters
		cancel()
	}()
	if err := run(ctx, c, stdout); err != nil {
		fmt.Fprintf(stderr, "s3-server: %v\n", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, c Config, stdout io.Writer) error {
	addr, err := freeAddr(ctx, c.Addr)
	if err != nil {
		return err
	}
	c.Addr = addr
	// The server prints a banner; standard output is for the address alone.
	os.Stdout = os.Stderr

	served := make(chan error, 1)
	go func() { served <- serve(ctx, c) }()
	answers := make(chan error, 1)
	go func() { answers <- waitUntilUp(ctx, "http://"+addr+healthPath) }()
	select {
	case err := <-served:
		return err
	case err := <-answers:
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "http://%s\n", addr)
	return <-served
}

// freeAddr replaces port 0. The server takes only an address, not a listener,
// so another process could take the port in between; it then fails loudly.
func freeAddr(ctx context.Context, addr string) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listening on %s: %w", addr, err)
	}
	defer l.Close() //nolint:errcheck // nothing was sent
	return l.Addr().String(), nil
}

var errNotUp = errors.New("the server does not answer")

func waitUntilUp(ctx context.Context, url string) error {
	for range 1000 {
		if healthy(ctx, url) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil // ended before it began, which is no failure
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errNotUp
}

func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close() //nolint:errcheck // read only
	return res.StatusCode == http.StatusOK
}
