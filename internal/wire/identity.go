package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/url"
	"strconv"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// idOf names what a record says: run, object, revision, stage and kind, never
// the attempt, so that a record published twice can be told from two records.
// It has the form of a UUID of version 8.
func idOf(e stage.Envelope, stageName string) string {
	h := sha256.New()
	part(h, "id", string(e.Run), string(e.ID), revisionOf(e), stageName)
	switch t := e.Artifact.Transition; {
	case t != nil:
		// The record of one delivery: another one of the same object is
		// another event. A delivery may need several to name all it found.
		part(h, "transition", string(t.Outcome), t.Topic, strconv.Itoa(int(t.Partition)), strconv.FormatInt(t.Offset, 10))
		if len(t.Found) > 0 {
			part(h, t.Found[0].Bucket, t.Found[0].Key, string(t.Found[0].Revision()))
		}
	case e.Closed():
		part(h, "verdict")
	default:
		part(h, "artifact", e.Port)
	}
	var id [16]byte
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	s := hex.EncodeToString(id[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// part hashes strings so that no two lists of them look alike.
func part(h hash.Hash, parts ...string) {
	for _, p := range parts {
		_, _ = h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
}

// revisionOf tells one version of an object, or one page of a listing, from
// the next.
func revisionOf(e stage.Envelope) string {
	switch a := e.Artifact; {
	case a.Object != nil:
		return string(a.Object.Revision())
	case a.Shard != nil:
		return "shard:" + strconv.Itoa(a.Shard.Listing) + ":" + strconv.Itoa(a.Shard.Page)
	}
	return ""
}

// subjectOf is the object's address with every byte escaped that is not
// allowed in a URI; for a shard its prefix.
func subjectOf(e stage.Envelope) string {
	switch a := e.Artifact; {
	case a.Object != nil:
		return "s3://" + a.Object.Bucket + "/" + escapePath(a.Object.Key)
	case a.Shard != nil:
		return "shard/" + escapePath(a.Shard.Prefix)
	}
	return ""
}

func escapePath(key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
