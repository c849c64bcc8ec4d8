package dir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold locks the directory: for itself, or with Shared against somebody who
// wants it for himself. The kernel lets go of the lock when the process dies.
func (s *Staging) hold() error {
	// Network file systems want a file that is open for writing to lock it
	// for one.
	open, how := os.O_RDWR, unix.LOCK_EX
	if s.o.Shared {
		open, how = os.O_RDONLY, unix.LOCK_SH
	}
	f, err := s.root.OpenFile(lockFile, open|os.O_CREATE, fileMode)
	if err != nil {
		return s.o.atOpen("opening the lock", err)
	}
	s.lock = f
	err = unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return s.o.inUse()
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK):
		// Some network file systems have no locks. Nobody is kept out then,
		// and the rest works.
		return nil
	case err != nil:
		return s.o.atOpen("locking", err)
	}
	return nil
}
