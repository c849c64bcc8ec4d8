// Package dir stages bytes in a directory: one file a claim, in subfolders by
// the first two digits of the name.
//
// It keeps the contract of stage.Staging. The invariants:
//
//   - A claim is visible whole or not at all (I5): bytes are written to a file
//     in tmp/ of the same file system, which is renamed when it is complete.
//   - Claims never use more than the quota, counting those being written.
//     Whoever finds no room waits in line; being put again needs no room, so
//     that a migration whose area is full can go on after a crash.
//   - Nothing outside of the directory is touched, whatever a name says.
//
// A directory that several processes or hosts share works alike, with
// Options.Shared.
package dir

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Options configure a staging directory.
type Options struct {
	// Dir is made if it is not there.
	Dir string
	// Quota in bytes; 0 means no limit. Claims that lie there already count.
	Quota int64
	// Shared says that other processes use the directory, too. Without it, Open
	// refuses a directory in use, and takes every unfinished file in it for
	// that of a dead writer. With it, only unfinished files that nobody wrote
	// to for an hour are, and the directory is counted again while somebody
	// waits for room, since others give it back.
	Shared bool
	// Sync makes bytes durable before Put returns, so that claims survive a
	// power cut. It is off by default: a crash of the process loses nothing
	// without it, and after a power cut the claims of the last half minute are
	// found gone, or differ from their checksum, and are fetched again. The
	// fsyncs take five times as long as all the rest of a small Put (see
	// BenchmarkPut).
	Sync bool
	// Log is told about files that do not belong there. nil discards.
	Log *slog.Logger
	// Now is the clock for the age of unfinished files. nil means time.Now.
	Now func() time.Time
	// RecountEvery is how often a shared directory is counted again while
	// somebody waits; 0 means 10 s.
	RecountEvery time.Duration
}

// Staging is a stage.Staging in a directory.
type Staging struct {
	o       Options
	root    *os.Root // refuses to follow anything out of the directory
	lock    *os.File
	room    *room
	buffers sync.Pool
	// renames guard the moment when a file and its place in the books change,
	// one lock for each subfolder.
	renames [folders]sync.Mutex
}

var _ stage.Staging = (*Staging)(nil)

// Names inside the directory. Claims lie in subfolders 00 to ff, which are made
// as they are needed.
const (
	tmpDir   = "tmp"
	lockFile = "lock"
	folders  = 256
)

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// bufferSize is what is written at once.
const bufferSize = 256 << 10

// Open takes hold of the directory, removes what dead writers left and counts
// what is there. Errors are Halt with a hint. The caller closes it.
func Open(o Options) (*Staging, error) {
	if o.Dir == "" {
		return nil, errors.New("staging.dir is empty: name a directory")
	}
	if o.Quota < 0 {
		return nil, fmt.Errorf("staging.quota is %d: use a positive number of bytes, or 0 for no limit", o.Quota)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RecountEvery == 0 {
		o.RecountEvery = 10 * time.Second
	}
	if err := os.MkdirAll(o.Dir, dirMode); err != nil {
		return nil, o.atOpen("making the directory", err)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, o.atOpen("opening the directory", err)
	}
	s := &Staging{o: o, root: root, room: newRoom(o.Quota)}
	s.buffers.New = func() any { return new([bufferSize]byte) }
	if err := s.settle(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// settle makes the directory ready.
func (s *Staging) settle() error {
	if err := s.mkdir(tmpDir); err != nil {
		return s.o.atOpen("making a folder", err)
	}
	if err := s.hold(); err != nil {
		return err
	}
	if err := s.sweepUnfinished(); err != nil {
		return s.o.atOpen("removing unfinished files", err)
	}
	found, err := s.list()
	if err != nil {
		return s.o.atOpen("counting claims", err)
	}
	s.room.replace(found, s.room.now())
	return nil
}

// mkdir makes a folder unless it is there.
func (s *Staging) mkdir(folder string) error {
	if err := s.root.Mkdir(folder, dirMode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// Close lets go of the directory. Claims stay.
func (s *Staging) Close() error {
	err := s.root.Close()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// Used is the room taken by claims, those being written included, and their
// number.
func (s *Staging) Used() (bytes int64, claims int) { return s.room.usedBy() }

// Names are checked although os.Root would not let one out of the directory:
// one with a separator in it could still hit another claim's file.
var claimName = regexp.MustCompile(`^[0-9a-f]{32}-[0-9a-f]{16}$`)

// location is where the claim lies, and its subfolder's number.
func location(name stage.ClaimName) (file string, folder int, err error) {
	if !claimName.MatchString(string(name)) {
		return "", 0, stage.NotRetryable(fmt.Errorf("claim name %q: want 32 hex digits, a hyphen and 16 hex digits", name), stage.Code("claim-name"))
	}
	prefix := string(name[:2])
	n, err := strconv.ParseUint(prefix, 16, 8)
	if err != nil {
		return "", 0, fmt.Errorf("claim name %q: %w", name, err)
	}
	return prefix + "/" + string(name), int(n), nil
}
