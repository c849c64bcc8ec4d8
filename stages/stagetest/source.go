package stagetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5" // entity tags are MD5
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Bucket is the name of the one bucket of a World.
const Bucket = "bucket"

// Source is a bucket in memory. It keeps old versions, unless
// KeepVersions(false) was called before they were written, and serves them to
// whoever knows their VersionID. Listings do not tell it, as those of S3 do
// not; Stat does.
type Source struct {
	now func() time.Time

	mu        sync.Mutex
	keep      bool
	pageSize  int
	emptyNext bool
	serial    int
	objects   map[string][]version // by key, oldest first
	damaged   map[string]damage
}

// version is one version of one object, or the mark that it was deleted.
type version struct {
	object  stage.Object
	content []byte
	deleted bool
}

func newSource(now func() time.Time) *Source {
	return &Source{now: now, keep: true, pageSize: 1000, objects: map[string][]version{}, damaged: map[string]damage{}}
}

// KeepVersions says whether the bucket keeps the versions that are written
// from now on.
func (s *Source) KeepVersions(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keep
}

// PageSize sets how many objects a page of a listing has.
func (s *Source) PageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pageSize = n
}

// EmptyPage makes the next page of a listing empty, and not the last.
func (s *Source) EmptyPage() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emptyNext = true
}

// Put writes an object, or a new version of it, and returns it as a listing
// would.
func (s *Source) Put(key string, content []byte) stage.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := md5.Sum(content)
	o := stage.Object{
		Bucket: Bucket, Key: key, Size: int64(len(content)), ETag: hex.EncodeToString(sum[:]),
		Modified: s.now(), StorageClass: "STANDARD",
	}
	v := version{object: o, content: bytes.Clone(content)}
	if s.keep {
		s.serial++
		v.object.VersionID = fmt.Sprintf("version-%d", s.serial)
	}
	s.add(v)
	delete(s.damaged, key)
	return o
}

// Delete removes the object; versions that were kept are still served.
func (s *Source) Delete(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(version{object: stage.Object{Bucket: Bucket, Key: key}, deleted: true})
}

func (s *Source) add(v version) {
	kept := slices.DeleteFunc(s.objects[v.object.Key], func(old version) bool { return old.object.VersionID == "" })
	s.objects[v.object.Key] = append(kept, v)
}

// cursorPrefix stands before the last key of the page before, so that a cursor
// is never empty.
const cursorPrefix = "after:"

// List implements stage.Source.
func (s *Source) List(ctx context.Context, sh stage.Shard) (stage.Page, error) {
	if err := ctx.Err(); err != nil {
		return stage.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var page stage.Page
	if s.emptyNext {
		s.emptyNext = false
		return stage.Page{Next: cmp.Or(sh.Cursor, cursorPrefix)}, nil
	}
	for _, key := range s.keysAfter(sh) {
		if len(page.Objects) == s.pageSize {
			page.Next = cursorPrefix + page.Objects[len(page.Objects)-1].Key
			break
		}
		o := s.current(key).object
		o.VersionID = ""
		page.Objects = append(page.Objects, o)
	}
	return page, nil
}

func (s *Source) keysAfter(sh stage.Shard) []string {
	var keys []string
	after := strings.TrimPrefix(sh.Cursor, cursorPrefix)
	for key := range s.objects {
		if strings.HasPrefix(key, sh.Prefix) && key > after && !s.current(key).deleted {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// current is the newest version of an object that exists or existed.
func (s *Source) current(key string) version {
	all := s.objects[key]
	return all[len(all)-1]
}

// Stat implements stage.Source.
func (s *Source) Stat(ctx context.Context, bucket, key string) (stage.Object, error) {
	if err := ctx.Err(); err != nil {
		return stage.Object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bucket != Bucket || len(s.objects[key]) == 0 || s.current(key).deleted {
		return stage.Object{}, fmt.Errorf("looking up %q in bucket %q: %w", key, bucket, stage.ErrNotFound)
	}
	return s.current(key).object, nil
}

// Open implements stage.Source.
func (s *Source) Open(ctx context.Context, o stage.Object) (stage.Body, error) {
	content, err := s.content(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", o.Key, err)
	}
	return newBody(content, o), nil
}

// OpenRange implements stage.Source.
func (s *Source) OpenRange(ctx context.Context, o stage.Object, off, length int64) (io.ReadCloser, error) {
	content, err := s.content(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening a range of %q: %w", o.Key, err)
	}
	size := int64(len(content))
	if off < 0 || length < 0 || off > size || length > size-off {
		return nil, stage.NotRetryable(fmt.Errorf("opening %d bytes of %q at %d: the object has %d", length, o.Key, off, size))
	}
	return io.NopCloser(bytes.NewReader(content[off : off+length])), nil
}

// content finds the bytes of the version that o names.
func (s *Source) content(ctx context.Context, o stage.Object) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.objects[o.Key]
	if o.Bucket != Bucket || len(all) == 0 {
		return nil, stage.ErrNotFound
	}
	for _, v := range all {
		if o.VersionID != "" && o.VersionID == v.object.VersionID {
			return s.asRead(v), nil
		}
	}
	switch now := s.current(o.Key); {
	case now.deleted:
		return nil, stage.ErrNotFound
	case o.VersionID != "" || now.object.ETag != o.ETag || now.object.Size != o.Size:
		return nil, stage.ErrChanged
	default:
		return s.asRead(now), nil
	}
}
