package ledger

import (
	"github.com/longshore/longshore/stages/stage"
)

type totalKey struct {
	run         stage.RunID
	disposition stage.Disposition
}

type total struct{ objects, bytes int64 }

type totals map[totalKey]total

func (t totals) add(k totalKey, objects, bytes int64) {
	v := t[k]
	t[k] = total{v.objects + objects, v.bytes + bytes}
}

// addTotals adds the changes of a transaction to the sums.
func (f *folder) addTotals(deltas totals) error {
	for k, d := range deltas {
		if d == (total{}) {
			continue
		}
		if _, err := f.do.total.ExecContext(f.ctx, string(k.run), string(k.disposition), d.objects, d.bytes); err != nil {
			return err
		}
	}
	return nil
}
