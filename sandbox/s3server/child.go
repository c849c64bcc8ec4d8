package s3server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Child is a server in a process of its own.
type Child struct {
	// URL is its endpoint, such as http://127.0.0.1:9000.
	URL   string
	cmd   *exec.Cmd
	stdin io.Closer
	// done is closed after err is set.
	done chan struct{}
	err  error
}

// Start runs command, whose process must call Main with the arguments that
// follow it, and returns once the server answers. The sandbox gives its own
// path and "s3-server", cmd/s3server just its path. The server ends with ctx,
// with Stop, or with this process, however that ends. Its messages go to
// stderr.
func Start(ctx context.Context, c Config, stderr io.Writer, command ...string) (*Child, error) {
	if len(command) == 0 {
		return nil, errors.New("starting the S3 server: no command")
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("starting the S3 server: %w", err)
	}
	args := slices.Concat(command[1:], []string{"--addr", c.Addr, "--dir", c.Dir, "--versions-dir", c.VersionsDir})
	cmd := exec.CommandContext(ctx, command[0], args...) //nolint:gosec // the caller's own binary
	cmd.Env = append(os.Environ(), accessKeyEnv+"="+c.AccessKey, secretKeyEnv+"="+c.SecretKey)
	cmd.Stderr = stderr
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the S3 server: %w", err)
	}
	// Not StdoutPipe: Wait would close it under the reader.
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the S3 server: %w", err)
	}
	defer out.Close() //nolint:errcheck // read only
	cmd.Stdout = in
	err = cmd.Start()
	in.Close() //nolint:errcheck // the child has its own
	if err != nil {
		return nil, fmt.Errorf("starting the S3 server: %w", err)
	}
	child := &Child{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	go func() {
		child.err = cmd.Wait()
		close(child.done)
	}()

	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		<-child.done
		return nil, fmt.Errorf("starting the S3 server: it ended before it served: %w", errors.Join(ctx.Err(), child.err))
	}
	child.URL = strings.TrimSpace(line)
	return child, nil
}

// Done is closed when the server has ended, for whatever reason.
func (c *Child) Done() <-chan struct{} { return c.done }

// Stop ends the server and waits for it: politely at first, then by force.
// Stopping it again is fine.
func (c *Child) Stop() {
	c.stdin.Close() //nolint:errcheck // closed is what it shall be
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		c.cmd.Process.Kill() //nolint:errcheck // it may have ended just now
		<-c.done
	}
}
