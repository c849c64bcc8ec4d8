package ledger

// flush writes the rows that changed, and the totals that follow from them.
func (f *folder) flush() error {
	deltas := totals{}
	for k, v := range f.objects {
		settle(v.now)
		for i, r := range v.now {
			known := i < len(v.before) // rows are only ever appended
			if known && v.before[i] == r {
				continue
			}
			if known {
				deltas.add(totalKey{k.run, v.before[i].Disposition}, -1, -v.before[i].Size)
			}
			deltas.add(totalKey{k.run, r.Disposition}, 1, r.Size)
			if _, err := f.do.upsert.ExecContext(f.ctx, rowValues(k.run, r)...); err != nil {
				return err
			}
		}
	}
	return f.addTotals(deltas)
}
