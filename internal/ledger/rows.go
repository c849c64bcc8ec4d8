package ledger

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Rows returns the rows of a disposition ("" for what is in flight), by key,
// at most limit of them.
func (l *Ledger) Rows(ctx context.Context, run stage.RunID, d stage.Disposition, limit int) ([]Row, error) {
	rows, err := selectRows(ctx, l.db, `WHERE run = $1 AND disposition = $2 ORDER BY key, revision LIMIT $3`, string(run), string(d), limit)
	if err != nil {
		return nil, fmt.Errorf("reading %s rows of the ledger: %w", d, err)
	}
	return rows, nil
}

const neededBy = `SELECT count(*), coalesce(sum(CASE WHEN verdict = '' THEN 1 ELSE 0 END), 0) FROM objects WHERE object_id = $1`

// Needed says whether staged bytes may still be wanted: unless every version
// of their object that the ledger knows is closed. The sweep of the staging
// area at start asks it.
func (l *Ledger) Needed(ctx context.Context, name stage.ClaimName) (bool, error) {
	var known, open int
	err := l.db.QueryRowContext(ctx, neededBy, string(name.Object())).Scan(&known, &open)
	if err != nil {
		return true, fmt.Errorf("asking the ledger about a claim: %w", diskClass(err))
	}
	return known == 0 || open > 0, nil
}

// Each calls f with every row of a run, by key, and ends with f's first error.
// It holds one row at a time.
func (l *Ledger) Each(ctx context.Context, run stage.RunID, f func(Row) error) error {
	rows, err := l.db.QueryContext(ctx, `SELECT `+columns+` FROM objects WHERE run = $1 ORDER BY key, revision`, string(run))
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", diskClass(err))
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the ledger: %w", diskClass(err))
	}
	return nil
}
