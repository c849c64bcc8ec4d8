package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// stateDir is the directory that makes a run resumable. One process at a time
// works in it.
type stateDir struct {
	path string
	lock *os.File
}

func (d *stateDir) ledger() string  { return filepath.Join(d.path, "ledger.db") }
func (d *stateDir) broker() string  { return filepath.Join(d.path, "broker") }
func (d *stateDir) staging() string { return filepath.Join(d.path, "staging") }
func (d *stateDir) record() string  { return filepath.Join(d.path, "migration.json") }

// openState makes the directory if need be and takes its lock.
func openState(path string) (*stateDir, error) {
	d := &stateDir{path: path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, exitWith(exitUsage, fmt.Errorf("state directory: %w: set --state-dir to a directory that this user can write to", err))
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, exitWith(exitUsage, fmt.Errorf("state directory: %w: set --state-dir to a directory that this user can write to", err))
	}
	// The kernel drops the lock with the process, however that ends.
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		owner, _ := os.ReadFile(lock.Name()) // only for the message
		return nil, errors.Join(exitWith(exitLocked, fmt.Errorf("another run (process %s) works in %s: wait for it, or give this one another --state-dir", owner, path)), lock.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), lock.Close())
	}
	err = lock.Truncate(0)
	if err == nil {
		_, err = fmt.Fprint(lock, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writing to %s: %w", path, diskHint(err)), lock.Close())
	}
	d.lock = lock
	return d, nil
}

func (d *stateDir) close() error { return d.lock.Close() }

// migration is what a state directory belongs to.
type migration struct {
	Run    stage.RunID `json:"run"`
	Source string      `json:"source"`
	Target string      `json:"target"`
	Format string      `json:"format"`
	// ServerSince is when the migration began, by the target's clock: what
	// was uploaded before is not ours.
	ServerSince time.Time `json:"server_since"`
	// Listing is the latest listing of the source. Announced says that its
	// first record is on the broker for certain; otherwise it may be or not.
	Listing   int  `json:"listing"`
	Announced bool `json:"announced"`
}

// errNoMigration: the state directory is new.
var errNoMigration = errors.New("no migration there yet")

func readMigration(path string) (migration, error) {
	var m migration
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, errNoMigration
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("reading %s: %w", path, err)
	}
	return m, nil
}

// write replaces the record as a whole: a crash leaves the old or the new one.
func (m migration) write(path string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the state: %w", diskHint(err))
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("writing the state: %w", diskHint(err))
	}
	return nil
}

// same reports a state directory that belongs to another migration.
func (m migration) same(want migration, dir string) error {
	if m.Run == want.Run {
		return nil
	}
	return exitWith(exitUsage, fmt.Errorf("%s belongs to the migration %s → %s (%s): give this one another --state-dir", dir, m.Source, m.Target, m.Format))
}

func diskHint(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return stage.Halt(err, stage.Code("disk-full"), stage.Hint("free space there, or set --state-dir to a directory on another disk"))
	}
	return err
}
