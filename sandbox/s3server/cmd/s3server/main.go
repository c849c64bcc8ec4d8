// Command s3server is the S3 server as a program, for tests of the source
// driver.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/longshore/longshore/sandbox/s3server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := s3server.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
