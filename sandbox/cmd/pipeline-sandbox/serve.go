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
	faults                 []emulator.Fault
}

func readSettings(args []string, stderr io.Writer) (settings, error) {
	s := settings{emulator: emulator.Options{
		Owner: "acme", SyncDelay: 2 * time.Second, LimitWindow: time.Hour, Duplicates: map[string]emulator.DuplicateMode{},
	}}
	if err := s.load(configOf(args)); err != nil {
		return s, err
	}
	flags := flag.NewFlagSet("pipeline-sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.s3Addr, "s3-addr", "127.0.0.1:9000", "host:port of the S3 server; port 0 picks a free one")
	flags.StringVar(&s.cloudsmithAddr, "cloudsmith-addr", "127.0.0.1:8089", "host:port of the local Cloudsmith; port 0 picks a free one")
	flags.StringVar(&s.bucket, "bucket", "", "bucket to create at the start")
	flags.BoolVar(&s.versioned, "versioned", false, "keep versions in that bucket")
	flags.StringVar(&s.dir, "dir", "", "directory of all data, which then stays; a temporary one if empty")
	flags.BoolVar(&s.allowRemote, "allow-remote", false, "allow addresses that other machines can reach; the credentials are random then")
	flags.String("config", "", "YAML file with all options of the local Cloudsmith; flags win over it")
	cloudsmithFlags(flags, &s)
	if err := parse(flags, args); err != nil {
		return s, err
	}
	return s, s.check()
}

// cloudsmithFlags are the options of the local Cloudsmith. What s holds already
// is the default.
func cloudsmithFlags(flags *flag.FlagSet, s *settings) {
	e := &s.emulator
	text := func(to *string, name, usage string) { flags.StringVar(to, name, *to, usage) }
	is := func(to *bool, name, usage string) { flags.BoolVar(to, name, *to, usage) }
	bytes := func(to *int64, name, usage string) { flags.Int64Var(to, name, *to, usage) }
	number := func(to *int, name, usage string) { flags.IntVar(to, name, *to, usage) }
	lasts := func(to *time.Duration, name, usage string) { flags.DurationVar(to, name, *to, usage) }

	text(&e.Owner, "owner", "workspace in the local Cloudsmith")
	flags.Var((*list)(&e.Repos), "repo", "repository in it; repeat for several (default lab)")
	lasts(&e.SyncDelay, "sync-delay", "time that a package takes from create to Completed")
	lasts(&e.ListLag, "list-lag", "time that a new package stays invisible to list and search")
	number(&e.APILimit, "api-limit", "API requests per window; 0 for no limit")
	lasts(&e.LimitWindow, "api-limit-window", "window of --api-limit")
	flags.Float64Var(&e.PauseHint, "pause-hint", e.PauseHint, "seconds in X-RateLimit-Interval, which the official client sleeps after each call")
	flags.Var(modes(e.Duplicates), "duplicates", "FORMAT=refuse-at-create or FORMAT=fail-sync; repeat for several")
	is(&e.KeepRPMs, "keep-rpms", "store RPMs as they are instead of signing them")
	text(&e.QuarantinePolicy, "quarantine-policy", "search, such as format:npm, whose finds are quarantined")
	is(&e.StrictFiles, "strict-files", "refuse to create a package whose bytes have not arrived")
	is(&e.ChecksumsAtOnce, "checksums-at-once", "show checksums before a package is synchronised")
	is(&e.PlainBearer, "plain-bearer", "take the API key as a bearer token")
	number(&e.DigestMismatchStatus, "digest-mismatch-status", "answer to bytes that differ from Content-Sha256; 0 for 422")
	bytes(&e.MaxRequestBytes, "max-request-bytes", "bytes of one upload request at most; 0 for 5 GB")
	bytes(&e.StorageLimit, "storage-limit", "bytes of storage, beyond which uploads get 403; 0 for no limit")
	bytes(&e.BandwidthLimit, "bandwidth-limit", "bytes of downloads, beyond which they get 402; 0 for no limit")
	is(&e.AuditLog, "audit-log", "have an audit log, which answers 402 otherwise")
	lasts(&e.IdleTimeout, "idle-timeout", "end an upload of which nothing arrives for so long; 0 for 30s")
	flags.Var(guesses{&e.Guesses}, "guess", "NAME=VALUE of docs/cloudsmith-open-points.md; repeat for several")
	flags.Var((*faults)(&s.faults), "fault", "fault in JSON, as for POST /_emulator/faults; repeat for several")
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
	if _, err := cloudsmith.AddFaults(s.faults...); err != nil {
		return usageError{fmt.Errorf("fault: %w", err)}
	}
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
