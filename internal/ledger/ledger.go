// Package ledger keeps the fate of every object version of a migration: one
// row each, with its disposition and the evidence. It is a view of the audit
// topic: folding a transition is idempotent and does not depend on order, so
// folding the topic again from its start gives the same rows.
//
// The audit stage is the only writer. Everybody else reads: the command line
// for progress and reports, enumerate to leave out what is settled.
//
// The SQL is the same for SQLite and PostgreSQL; this package opens SQLite.
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/longshore/longshore/stages/stage"
)

//go:embed schema/*.sql
var schema embed.FS

// Ledger is a stage.Ledger with the questions that reports ask.
type Ledger struct {
	db    *sql.DB
	batch batcher
	// writer has one connection, which keeps the statements of a fold
	// prepared; parsing them anew took most of a fold's time. It is nil in a
	// reader.
	writer *sql.DB
	write  statements
}

var _ stage.Ledger = (*Ledger)(nil)

// Open opens the SQLite file at path, makes it if it is not there, and brings
// its schema up to date. One process may write, others may read meanwhile.
func Open(ctx context.Context, path string) (*Ledger, error) {
	l, err := open(ctx, path, "rwc")
	if err != nil {
		return nil, err
	}
	if err := l.migrate(ctx, path); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := l.prepare(ctx, path); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// migrate brings the schema up to date.
func (l *Ledger) migrate(ctx context.Context, path string) error {
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, l.db, dir)
	if err != nil {
		return fmt.Errorf("preparing the ledger's schema: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bringing the ledger %s up to date: %w", path, diskClass(err))
	}
	return nil
}

// OpenReader opens an existing file for reading only, also while a run writes
// it. A file that is not there is fs.ErrNotExist.
func OpenReader(ctx context.Context, path string) (*Ledger, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	l, err := open(ctx, path, "ro")
	if err != nil {
		return nil, err
	}
	var n int
	if err := l.db.QueryRowContext(ctx, `SELECT count(*) FROM totals`).Scan(&n); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the ledger %s: %w", path, err), l.Close())
	}
	return l, nil
}

func open(ctx context.Context, path, mode string) (*Ledger, error) {
	db, err := connect(path, mode)
	if err != nil {
		return nil, err
	}
	// Few connections keep the page caches small.
	db.SetMaxOpenConns(2)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the ledger %s: %w", path, diskClass(err)), db.Close())
	}
	return &Ledger{db: db}, nil
}

func connect(path, mode string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolving the ledger's path: %w", err)
	}
	// WAL lets readers look on while the audit stage writes. NORMAL survives
	// the death of the process; what a power cut takes, the audit topic gives
	// back.
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-8192)", "temp_store(MEMORY)",
	}}
	if mode == "ro" {
		q["_pragma"] = []string{"busy_timeout(10000)"}
		q.Del("_txlock")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: abs}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("opening the ledger %s: %w", path, err)
	}
	return db, nil
}

// Close closes the file.
func (l *Ledger) Close() error {
	var err error
	if l.writer != nil {
		err = errors.Join(l.write.close(), l.writer.Close())
	}
	return errors.Join(err, l.db.Close())
}
