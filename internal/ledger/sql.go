package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// columns of objects, in the order of rowValues and scanRow.
const columns = `object_id, revision, bucket, key, size, modified, progress, verdict, disposition,
	reason, code, hint, class, source_proof, sha256, target_sha256, package_id, origin, stage, updated`

const upsertRow = `INSERT INTO objects (run, ` + columns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
	ON CONFLICT (object_id, run, revision) DO UPDATE SET
	progress = excluded.progress, verdict = excluded.verdict, disposition = excluded.disposition,
	reason = excluded.reason, code = excluded.code, hint = excluded.hint, class = excluded.class,
	source_proof = excluded.source_proof, sha256 = excluded.sha256, target_sha256 = excluded.target_sha256,
	package_id = excluded.package_id, origin = excluded.origin, stage = excluded.stage, updated = excluded.updated`

func rowValues(run stage.RunID, r Row) []any {
	return []any{
		string(run), string(r.ID), string(r.Revision), r.Bucket, r.Key, r.Size, micros(r.Modified), r.Progress,
		string(r.Verdict), string(r.Disposition), r.Reason, r.Code, r.Hint, string(r.Class), string(r.SourceProof),
		r.SHA256, r.TargetSHA256, r.PackageID, string(r.Origin), r.Stage, micros(r.Updated),
	}
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// selectRows reads the rows that the clause after FROM objects selects.
func selectRows(ctx context.Context, q queryer, clause string, args ...any) ([]Row, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM objects `+clause, args...)
	if err != nil {
		return nil, err
	}
	return readRows(rows)
}

// readRows reads rows to their end and closes them.
func readRows(rows *sql.Rows) ([]Row, error) {
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	var out []Row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func scanRow(rows *sql.Rows) (Row, error) {
	var r Row
	var modified, updated int64
	err := rows.Scan(&r.ID, &r.Revision, &r.Bucket, &r.Key, &r.Size, &modified, &r.Progress, &r.Verdict, &r.Disposition,
		&r.Reason, &r.Code, &r.Hint, &r.Class, &r.SourceProof, &r.SHA256, &r.TargetSHA256, &r.PackageID, &r.Origin, &r.Stage, &updated)
	if err != nil {
		return Row{}, fmt.Errorf("reading a row of the ledger: %w", err)
	}
	r.Modified, r.Updated = fromMicros(modified), fromMicros(updated)
	return r, nil
}

// micros keeps the zero time as 0; both databases hold it exactly.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
