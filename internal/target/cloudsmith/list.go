package cloudsmith

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is the most that a list page holds.
const pageSize = 500

// page is one page of a listing.
type page struct {
	entries []entry
	// total entries and pages of the listing; as good as the answer's headers.
	total, pages int
}

// list returns a page of the packages that fit query, newest first. A page
// after the last one is empty.
func (t *Target) list(ctx context.Context, kind Kind, query string, number int) (page, error) {
	u := t.apiURL("packages", t.owner, t.repo)
	q := url.Values{"page": {strconv.Itoa(number)}, "page_size": {strconv.Itoa(pageSize)}, "sort": {"-date"}}
	if query != "" {
		q.Set("query", query)
	}
	u.RawQuery = q.Encode()
	var p page
	err := t.do(ctx, request{kind: kind, method: http.MethodGet, url: u}, func(resp *http.Response) error {
		p.total, p.pages = pagination(resp.Header)
		var err error
		p.entries, err = decodeEntries(resp)
		return err
	})
	if statusOf(err) == http.StatusNotFound && number > 1 {
		return page{}, nil
	}
	return p, err
}

// decodeEntries reads an array entry by entry: a page is megabytes of JSON, of
// which little is kept.
func decodeEntries(resp *http.Response) ([]entry, error) {
	dec := json.NewDecoder(resp.Body)
	open, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('[') {
		return nil, errors.New("it is no list")
	}
	var entries []entry
	for dec.More() {
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(entries), err)
		}
		entries = append(entries, e)
	}
	_, err = dec.Token()
	return entries, err
}

func pagination(h http.Header) (total, pages int) {
	total, _ = strconv.Atoi(h.Get("X-Pagination-Count"))
	pages, _ = strconv.Atoi(h.Get("X-Pagination-PageTotal"))
	return total, pages
}

// last says that no page follows. Where the headers are missing, a page that
// is not full is the last one.
func (p page) last(number int) bool {
	if p.pages > 0 {
		return number >= p.pages
	}
	return len(p.entries) < pageSize
}
