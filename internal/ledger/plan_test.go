package ledger

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestLookUpsDoNotScan: a look-up that reads the whole table makes starting
// quadratic in the number of objects.
func TestLookUpsDoNotScan(t *testing.T) {
	l, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, query := range map[string]string{
		"the rows of an object":     rowsOfObject,
		"what is settled":           settledOf + `($1, $2)`,
		"whether a claim is needed": neededBy,
		"the rows of a disposition": `SELECT ` + columns + ` FROM objects WHERE run = $1 AND disposition = $2 ORDER BY key, revision LIMIT $3`,
		"the totals of a run":       `SELECT disposition, objects, bytes FROM totals WHERE run = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			args := make([]any, strings.Count(query, "$"))
			for i := range args {
				args[i] = "1"
			}
			rows, err := l.db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var detail string
				if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(detail, "SCAN") {
					t.Errorf("the plan has %q", detail)
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
