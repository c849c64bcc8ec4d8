package ledger

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/longshore/longshore/stages/stage"
)

// diskClass marks the SQLite errors that only a person can mend; the others
// (a lock held too long, an interrupted call) may pass next time.
func diskClass(err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	switch se.Code() & 0xff { // the low byte is the primary code
	case sqlite3.SQLITE_FULL:
		return stage.Halt(err, stage.Code("disk-full"), stage.Hint("free space below --state-dir; the run goes on by itself, or repeat the command"))
	case sqlite3.SQLITE_IOERR:
		// A full disk also shows as a failed write of the shared-memory file.
		return stage.Halt(err, stage.Code("ledger-io"), stage.Hint("check the disk below --state-dir (space, permissions), then repeat the command"))
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return stage.Halt(err, stage.Code("ledger-unwritable"), stage.Hint("make --state-dir a directory that this user can write to"))
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return stage.Halt(err, stage.Code("ledger-corrupt"), stage.Hint("the ledger file is damaged: move it away and rebuild it from the audit topic"))
	}
	return err
}
