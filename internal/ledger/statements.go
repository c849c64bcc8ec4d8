package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are those of a fold, prepared once for the writer's connection.
type statements struct {
	rows, upsert, page, parked, total *sql.Stmt
}

const (
	rowsOfObject = `SELECT ` + columns + ` FROM objects WHERE run = $1 AND object_id = $2 ORDER BY revision`

	upsertPage = `INSERT INTO pages (run, listing, prefix, page, state) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (run, listing, prefix, page) DO UPDATE SET state = max(pages.state, excluded.state)`

	insertParked = `INSERT INTO parked (run, topic, partition, position, reason) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (run, topic, partition, position) DO NOTHING`

	addTotal = `INSERT INTO totals (run, disposition, objects, bytes) VALUES ($1, $2, $3, $4)
		ON CONFLICT (run, disposition) DO UPDATE SET objects = totals.objects + excluded.objects, bytes = totals.bytes + excluded.bytes`
)

// prepare opens the writer's connection.
func (l *Ledger) prepare(ctx context.Context, path string) error {
	db, err := connect(path, "rw")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	l.writer = db
	for _, s := range []struct {
		into **sql.Stmt
		text string
	}{
		{&l.write.rows, rowsOfObject}, {&l.write.upsert, upsertRow}, {&l.write.page, upsertPage},
		{&l.write.parked, insertParked}, {&l.write.total, addTotal},
	} {
		if *s.into, err = db.PrepareContext(ctx, s.text); err != nil { //nolint:sqlclosecheck // close does
			return fmt.Errorf("preparing the ledger's statements: %w", diskClass(err))
		}
	}
	return nil
}

func (s statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.rows, s.upsert, s.page, s.parked, s.total} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// in binds the statements to a transaction.
func (s statements) in(ctx context.Context, tx *sql.Tx) statements {
	return statements{
		rows: tx.StmtContext(ctx, s.rows), upsert: tx.StmtContext(ctx, s.upsert), page: tx.StmtContext(ctx, s.page),
		parked: tx.StmtContext(ctx, s.parked), total: tx.StmtContext(ctx, s.total),
	}
}
