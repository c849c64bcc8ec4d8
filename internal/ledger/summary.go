package ledger

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Count is a number of object versions and the sum of their bytes.
type Count struct {
	Objects int64
	Bytes   int64
}

// Summary closes the books of a run (I2): Enumerated is the sum of all
// dispositions and of what is in flight, by construction of the table; that it
// equals the bucket is for an independent listing to show.
type Summary struct {
	Enumerated    Count
	InFlight      Count
	ByDisposition map[stage.Disposition]Count
	// Parked are records that could not be understood and belong to no known
	// object.
	Parked int64
	// Listings is the highest listing that began; Listed says that all its
	// shards were listed to the end, GivenUp counts pages that never will be.
	Listings int
	Listed   bool
	GivenUp  int64
}

// Of returns the count of one disposition.
func (s Summary) Of(d stage.Disposition) Count { return s.ByDisposition[d] }

// Finished says that nothing is left to do: everything was listed, and every
// object version has a disposition.
func (s Summary) Finished() bool {
	return s.Listings > 0 && (s.Listed || s.GivenUp > 0) && s.InFlight.Objects == 0
}

// Summary reads the sums of a run. Its cost does not depend on the number of
// objects.
func (l *Ledger) Summary(ctx context.Context, run stage.RunID) (Summary, error) {
	s := Summary{ByDisposition: map[stage.Disposition]Count{}}
	// One statement each, one snapshot for all: progress must not show an
	// object twice or not at all.
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return s, fmt.Errorf("reading the ledger: %w", diskClass(err))
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	rows, err := tx.QueryContext(ctx, `SELECT disposition, objects, bytes FROM totals WHERE run = $1`, string(run))
	if err != nil {
		return s, fmt.Errorf("reading the ledger's totals: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	for rows.Next() {
		var d stage.Disposition
		var c Count
		if err := rows.Scan(&d, &c.Objects, &c.Bytes); err != nil {
			return s, fmt.Errorf("reading the ledger's totals: %w", err)
		}
		s.Enumerated.Objects += c.Objects
		s.Enumerated.Bytes += c.Bytes
		switch {
		case d == "":
			s.InFlight = c
		case c.Objects > 0: // a disposition that all rows have left is as good as one that none had
			s.ByDisposition[d] = c
		}
	}
	if err := rows.Err(); err != nil {
		return s, fmt.Errorf("reading the ledger's totals: %w", err)
	}
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM parked WHERE run = $1`, string(run)).Scan(&s.Parked); err != nil {
		return s, fmt.Errorf("counting parked records: %w", err)
	}
	// Of the latest listing: a shard is complete when it has a last page and
	// as many pages as that page's number says.
	var shards, complete int
	err = tx.QueryRowContext(ctx, `
		WITH latest AS (SELECT max(listing) AS listing FROM pages WHERE run = $1),
		shard AS (
			SELECT prefix, count(*) AS pages, max(page) + 1 AS want, max(state) AS state, sum(CASE WHEN state < 0 THEN 1 ELSE 0 END) AS given_up
			FROM pages, latest WHERE run = $1 AND pages.listing = latest.listing GROUP BY prefix)
		SELECT coalesce((SELECT listing FROM latest), 0), count(*), coalesce(sum(CASE WHEN state = 1 AND pages = want AND given_up = 0 THEN 1 ELSE 0 END), 0),
			coalesce(sum(given_up), 0) FROM shard`, string(run)).Scan(&s.Listings, &shards, &complete, &s.GivenUp)
	if err != nil {
		return s, fmt.Errorf("reading the ledger's pages: %w", err)
	}
	s.Listed = shards > 0 && shards == complete
	return s, nil
}
