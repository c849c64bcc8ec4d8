// Command pipeline-sandbox is a place to try a migration without an account:
// a real S3 server and a local Cloudsmith on this machine.
//
//	pipeline-sandbox [flags]        runs both until it is interrupted, and
//	                                prints the settings to use them
//	pipeline-sandbox seed [flags]   fills a bucket with the sample data set
//	pipeline-sandbox compare        compares a bucket with the local Cloudsmith
//
// It lives in a module of its own, so that the product does not depend on an
// S3 server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/longshore/longshore/sandbox/s3server"
)

// serverCommand makes this binary the S3 server, which wants a process to
// itself.
const serverCommand = "s3-server"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(args) > 0 && args[0] == serverCommand:
		return s3server.Main(ctx, args[1:], stdin, stdout, stderr)
	case len(args) > 0 && args[0] == "seed":
		err = seed(ctx, args[1:], stdout, stderr)
	case len(args) > 0 && args[0] == "compare":
		err = compare(ctx, args[1:], stdout, stderr)
	default:
		err = serve(ctx, args, stdout, stderr)
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		// The flag package has said what is wrong.
		return 2
	}
	fmt.Fprintf(stderr, "pipeline-sandbox: %v\n", err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

// errUsage: the flags could not be read, and the reason was printed.
var errUsage = errors.New("wrong usage")

// usageError is a setting that cannot be.
type usageError struct{ error }

// parse reads flags. Arguments that are none are refused.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unknown argument %q; the commands are seed, compare and none", flags.Arg(0))}
	}
	return nil
}
