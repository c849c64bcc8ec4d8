package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/longshore/longshore/stages/stage"
)

// symptom is what a class of disk errors means for the run.
type symptom struct {
	errs []error
	code string
	hint string
}

// symptoms lists the errors that no retry cures. All others are retryable: a
// disk that reads badly once, a network file system that was away.
func symptoms() []symptom {
	return []symptom{
		{
			[]error{unix.ENOSPC, unix.EDQUOT}, "staging-full",
			"the disk of %s is full: free some room there, or lower staging.quota, or name a larger disk by staging.dir or --state-dir; the run then goes on",
		},
		{
			// EPERM besides EACCES: an immutable directory.
			[]error{unix.EROFS, unix.EACCES, unix.EPERM}, "staging-denied",
			"%s cannot be written: give this user the right to, or name another directory by staging.dir or --state-dir",
		},
		{
			// Of the files in it, a missing one is no error; so it is the
			// directory itself: removed, or its volume not mounted.
			[]error{unix.ENOENT, unix.ENOTDIR, unix.ESTALE}, "staging-missing",
			"%s or a folder in it is gone: mount its volume, or name another directory by staging.dir or --state-dir, and start again",
		},
	}
}

// classify gives an error of the disk its class.
func (o Options) classify(doing string, err error) error {
	// The system's own word is enough; the hint names the directory, and the
	// path of a temporary file helps nobody.
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	err = fmt.Errorf("%s: %w", doing, err)
	for _, s := range symptoms() {
		for _, e := range s.errs {
			if errors.Is(err, e) {
				return stage.Halt(err, stage.Code(s.code), stage.Hint(s.hint, o.Dir))
			}
		}
	}
	return stage.Retry(err, stage.Code("staging-io"))
}

// atOpen is classify for the start, where every error is for a person.
func (o Options) atOpen(doing string, err error) error {
	err = fmt.Errorf("opening staging directory %s: %w", o.Dir, o.classify(doing, err))
	if stage.ClassOf(err) == stage.Halted {
		return err
	}
	return stage.Halt(err, stage.Hint("name another directory by staging.dir or --state-dir"))
}

// inUse is the error of a directory that another process holds.
func (o Options) inUse() error {
	return stage.Halt(fmt.Errorf("opening staging directory %s: another process uses it: %w", o.Dir, os.ErrExist),
		stage.Code("staging-in-use"),
		stage.Hint("wait for the other run to end, or give this one its own staging.dir or --state-dir"))
}
