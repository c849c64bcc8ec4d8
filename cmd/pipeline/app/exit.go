package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Exit codes. They are part of the interface, see the help of each command.
const (
	exitDone        = 0
	exitUnexpected  = 1
	exitUsage       = 2
	exitSomeFailed  = 3
	exitPreflight   = 4
	exitLocked      = 10
	exitTemporary   = 75
	exitInterrupted = 130
	exitTerminated  = 143
)

const exitHelp = `
Exit codes: 0 done; 1 unexpected error; 2 usage or configuration; 3 finished,
but some packages failed; 4 preflight failed; 10 another run holds the lock;
75 temporary, repeat the command later; 130 or 143 interrupted, repeat the
command to go on.`

// exitError is an error with the exit code that it leads to.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func exitWith(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// interrupted is the end of a run by a signal; the state is saved.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string {
	return fmt.Sprintf("stopped by %s; nothing is lost: repeat the same command to go on", i.signal)
}

// codeOf finds the exit code of an error.
func codeOf(err error) int {
	var e *exitError
	var i interrupted
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &i) && i.signal == syscall.SIGTERM:
		return exitTerminated
	case errors.As(err, &i):
		return exitInterrupted
	}
	return exitUnexpected
}
