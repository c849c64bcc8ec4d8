package s3

import (
	"errors"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// cursor is where a page starts. Both fields empty is the beginning.
//
// It is the last key of the page before wherever the store lists in the order
// of keys: a key means the same next month, while nothing is promised about
// the life of a continuation token, and a migration may be paused for long. A
// token is used where a key cannot be: after an empty page that is not the
// last, and in stores that list in another order (directory buckets).
type cursor struct {
	after string
	token string
}

const (
	afterKind = "after:"
	tokenKind = "token:"
)

func (c cursor) String() string {
	switch {
	case c.token != "":
		return tokenKind + c.token
	case c.after != "":
		return afterKind + c.after
	}
	return ""
}

func parseCursor(s string) (cursor, error) {
	if after, ok := strings.CutPrefix(s, afterKind); ok {
		return cursor{after: after}, nil
	}
	if token, ok := strings.CutPrefix(s, tokenKind); ok {
		return cursor{token: token}, nil
	}
	if s != "" {
		return cursor{}, stage.Poisonf("cursor of the shard starts neither with %q nor with %q", afterKind, tokenKind)
	}
	return cursor{}, nil
}

// next is the cursor behind a page that is not the last.
func (c cursor) next(bucket string, page []stage.Object, token string) (cursor, error) {
	// Once by token, always by token: a page may be in order by chance.
	if c.token == "" && len(page) > 0 && !isDirectoryBucket(bucket) && c.ascends(page) {
		return cursor{after: page[len(page)-1].Key}, nil
	}
	if token == "" || token == c.token {
		// Going on would list the same page for ever.
		return cursor{}, stage.Retry(errors.New("the store says that more keys follow, but not where"), stage.Code("listing-stuck"))
	}
	return cursor{token: token}, nil
}

func (c cursor) ascends(page []stage.Object) bool {
	last, started := c.after, c.after != ""
	for _, o := range page {
		if started && o.Key <= last {
			return false
		}
		last, started = o.Key, true
	}
	return true
}

// isDirectoryBucket says whether this is an S3 Express bucket: it lists in no
// order, knows no start-after, and its entity tags are no digests.
func isDirectoryBucket(bucket string) bool { return strings.HasSuffix(bucket, "--x-s3") }
