package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/sandbox/s3server"
)

// settings are the flags of the command without a name.
type settings struct {
	s3Addr, cloudsmithAddr string
	bucket, dir            string
	versioned, allowRemote bool
	emulator               emulator.Options
}

func readSettings(args []string, stderr io.Writer) (settings, error) {
	s := settings{emulator: emulator.Options{Duplicates: map[string]emulator.DuplicateMode{}}}
	flags := flag.NewFlagSet("pipeline-sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.s3Addr, "s3-addr", "127.0.0.1:9000", "host:port of the S3 server; port 0 picks a free one")
	flags.StringVar(&s.cloudsmithAddr, "cloudsmith-addr", "127.0.0.1:8089", "host:port of the local Cloudsmith; port 0 picks a free one")
	flags.StringVar(&s.bucket, "bucket", "", "bucket to create at the start")
	flags.BoolVar(&s.versioned, "versioned", false, "keep versions in that bucket")
	flags.StringVar(&s.dir, "dir", "", "directory of all data, which then stays; a temporary one if empty")
	flags.BoolVar(&s.allowRemote, "allow-remote", false, "allow addresses that other machines can reach; the credentials are random then")
	e := &s.emulator
	flags.StringVar(&e.Owner, "owner", "acme", "workspace in the local Cloudsmith")
	flags.Var((*list)(&e.Repos), "repo", "repository in it; repeat for several (default lab)")
	flags.DurationVar(&e.SyncDelay, "sync-delay", 2*time.Second, "time that a package takes from create to Completed")
	flags.DurationVar(&e.ListLag, "list-lag", 0, "time that a new package stays invisible to list and search")
	flags.IntVar(&e.APILimit, "api-limit", 0, "API requests per window; 0 for no limit")
	flags.DurationVar(&e.LimitWindow, "api-limit-window", time.Hour, "window of --api-limit")
	flags.Float64Var(&e.PauseHint, "pause-hint", 0, "seconds in X-RateLimit-Interval, which the official client sleeps after each call")
	flags.Var(modes(e.Duplicates), "duplicates", "FORMAT=refuse-at-create or FORMAT=fail-sync; repeat for several")
	flags.BoolVar(&e.StrictFiles, "strict-files", false, "refuse to create a package whose bytes have not arrived")
	flags.Int64Var(&e.StorageLimit, "storage-limit", 0, "bytes of storage, beyond which uploads get 403; 0 for no limit")
	flags.Int64Var(&e.BandwidthLimit, "bandwidth-limit", 0, "bytes of downloads, beyond which they get 402; 0 for no limit")
	if err := parse(flags, args); err != nil {
		return s, err
	}
	return s, s.check()
}

// check refuses addresses that other machines can reach: the demo's
// credentials are known to everybody.
func (s settings) check() error {
	for name, addr := range map[string]string{"--s3-addr": s.s3Addr, "--cloudsmith-addr": s.cloudsmithAddr} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", name, err)}
		}
		if !s.allowRemote && !isLoopback(host) {
			return usageError{fmt.Errorf("%s: %s can be reached from other machines; use 127.0.0.1, or add --allow-remote", name, addr)}
		}
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// serve runs both servers until ctx ends.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := readSettings(args, stderr)
	if err != nil {
		return err
	}
	keys := demoCredentials()
	if s.allowRemote {
		keys = randomCredentials()
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "pipeline-sandbox-"); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	}
	s.emulator.Dir, s.emulator.APIKey = filepath.Join(s.dir, "cloudsmith"), keys.apiKey
	if err := os.MkdirAll(s.emulator.Dir, 0o750); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}

	cloudsmith, err := emulator.Start(s.cloudsmithAddr, s.emulator)
	if err != nil {
		return fmt.Errorf("starting the local Cloudsmith: %w", err)
	}
	defer func() { err = errors.Join(err, cloudsmith.Stop()) }()
	s3, err := startS3(ctx, s, keys, stderr)
	if err != nil {
		return err
	}
	defer s3.Stop()

	access := connection{endpoint: s3.URL, credentials: keys}
	if s.bucket != "" {
		if err := access.createBucket(ctx, s.bucket, s.versioned); err != nil {
			return err
		}
	}
	access.export(stdout, cloudsmith)
	fmt.Fprintln(stderr, "ready")
	return wait(ctx, s3)
}

// startS3 runs this binary again as the S3 server.
func startS3(ctx context.Context, s settings, keys credentials, stderr io.Writer) (*s3server.Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	config := s3server.Config{
		Addr: s.s3Addr, Dir: filepath.Join(s.dir, "s3"), AccessKey: keys.accessKey, SecretKey: keys.secretKey,
	}
	if s.versioned {
		config.VersionsDir = filepath.Join(s.dir, "s3-versions")
	}
	// Not bound to ctx: Stop ends it in order, after the last request.
	return s3server.Start(context.WithoutCancel(ctx), config, stderr, self, serverCommand)
}

// wait returns when ctx ends, or with an error when the S3 server does.
func wait(ctx context.Context, s3 *s3server.Child) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s3.Done():
	}
	// An interrupt from a terminal reaches both processes, in any order.
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(time.Second):
		return errors.New("the S3 server ended by itself; its messages are above")
	}
}
