// Package s3server runs a real S3 server, versitygw on a directory, for tests
// and for the sandbox.
//
// The server wants a process to itself: it changes the working directory and
// keeps global state. Main is therefore the whole of a child process, and Start
// makes one: of the sandbox binary, which runs itself again, or of
// cmd/s3server. The child ends when its standard input does, so that it cannot
// outlive a parent that was killed.
//
// What versitygw is not: it knows no storage classes and no server-side
// encryption, ignores EncodingType in listings, and its keys follow the rules
// of the file system (a segment of at most 255 bytes, no key beside and below
// the same name).
package s3server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// Config says what a server serves.
type Config struct {
	// Addr is host:port to listen on; port 0 picks a free one.
	Addr string
	// Dir holds the buckets, one directory each. It is made if missing.
	Dir string
	// VersionsDir, outside Dir, holds versions that were overwritten; empty
	// for a server whose buckets cannot keep versions.
	VersionsDir string
	// AccessKey and SecretKey are the only credentials that it knows.
	AccessKey, SecretKey string
}

func (c Config) validate() error {
	var errs []error
	if c.Addr == "" {
		errs = append(errs, errors.New("no address to listen on"))
	}
	if c.Dir == "" {
		errs = append(errs, errors.New("no directory to serve"))
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		errs = append(errs, errors.New("no access key or no secret key"))
	}
	return errors.Join(errs...)
}

// serve blocks until ctx ends. It changes the working directory, and may run
// once in a process.
func serve(ctx context.Context, c Config) error {
	var err error
	for _, dir := range []*string{&c.Dir, &c.VersionsDir} {
		if *dir == "" {
			continue
		}
		// Before the server changes the working directory.
		if *dir, err = filepath.Abs(*dir); err != nil {
			return fmt.Errorf("resolving a directory: %w", err)
		}
		if err := os.MkdirAll(*dir, 0o750); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
	}
	opts := posix.PosixOpts{NewDirPerm: 0o755, Concurrency: 1000, VersioningDir: c.VersionsDir}
	store, err := metadataStore(c.Dir, &opts)
	if err != nil {
		return err
	}
	backend, err := posix.New(c.Dir, store, opts)
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.Dir, err)
	}
	defer backend.Shutdown()

	err = embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess:    c.AccessKey,
		RootUserSecret:    c.SecretKey,
		Ports:             []string{c.Addr},
		MaxConnections:    10_000,
		MaxRequests:       10_000,
		MultipartMaxParts: 10_000,
		Quiet:             true,
		// Off by default, which would make every small read dial anew.
		KeepAlive:  true,
		HealthPath: healthPath,
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving S3 on %s: %w", c.Addr, err)
	}
	return nil
}

// metadataStore keeps entity tags and checksums in extended attributes, or in
// a directory beside Dir where the file system has none.
func metadataStore(dir string, opts *posix.PosixOpts) (meta.MetadataStorer, error) {
	if err := (meta.XattrMeta{}).Test(dir); err == nil {
		return meta.XattrMeta{}, nil
	}
	opts.SideCarDir = filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+"-metadata")
	if err := os.MkdirAll(opts.SideCarDir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory of metadata: %w", err)
	}
	store, err := meta.NewSideCar(opts.SideCarDir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of metadata: %w", err)
	}
	return store, nil
}
