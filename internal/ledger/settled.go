package ledger

import (
	"context"
	"fmt"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

const settledOf = `SELECT object_id, revision, disposition FROM objects
	WHERE disposition IN ('verified', 'present', 'excluded') AND object_id IN `

// settledChunk bounds the parameters of one statement.
const settledChunk = 500

// Settled implements stage.Ledger over all runs of the file: a ledger belongs
// to one pair of source and target.
func (l *Ledger) Settled(ctx context.Context, objects []stage.Object) (map[stage.ObjectID]stage.Disposition, error) {
	out := map[stage.ObjectID]stage.Disposition{}
	for len(objects) > 0 {
		chunk := objects[:min(settledChunk, len(objects))]
		objects = objects[len(chunk):]
		if err := l.settledChunk(ctx, chunk, out); err != nil {
			return nil, fmt.Errorf("asking the ledger what is settled: %w", diskClass(err))
		}
	}
	return out, nil
}

func (l *Ledger) settledChunk(ctx context.Context, objects []stage.Object, out map[stage.ObjectID]stage.Disposition) error {
	args := make([]any, len(objects))
	marks := make([]string, len(objects))
	revision := make(map[stage.ObjectID]stage.Revision, len(objects))
	for i, o := range objects {
		args[i], marks[i] = string(o.ID()), fmt.Sprintf("$%d", i+1)
		revision[o.ID()] = o.Revision()
	}
	rows, err := l.db.QueryContext(ctx, settledOf+`(`+strings.Join(marks, ",")+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	for rows.Next() {
		var id stage.ObjectID
		var rev stage.Revision
		var d stage.Disposition
		if err := rows.Scan(&id, &rev, &d); err != nil {
			return err
		}
		if revision[id] == rev {
			out[id] = d
		}
	}
	return rows.Err()
}
