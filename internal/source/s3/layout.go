package s3

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// layout is where the parts of a multipart object begin and end.
type layout struct {
	sizes []int64
	// deduced says that not every part was asked for: the first and the last
	// fit the object if all others are as long as the first.
	deduced bool
}

// fits says whether the parts make up the object; what a store tells about
// parts is not believed blindly.
func (l layout) fits(parts int, size int64) bool {
	var sum int64
	for _, n := range l.sizes {
		if n < 0 {
			return false
		}
		sum += n
	}
	return len(l.sizes) == parts && sum == size
}

// layoutOf finds the part sizes, ok false where the store does not tell them.
// GetObjectAttributes names them all, but only for objects that were uploaded
// with checksums, and it needs a permission of its own; HEAD with a part number
// works wherever GET does.
func (s *Source) layoutOf(ctx context.Context, p pin, parts int) (l layout, ok bool, err error) {
	if parts == 1 {
		return layout{sizes: []int64{p.size}}, true, nil
	}
	if l, ok := s.attributes(ctx, p, parts); ok {
		return l, true, nil
	}
	if !s.layouts.needsExact(p) {
		if l, ok, err := s.uniform(ctx, p, parts); err != nil || ok {
			return l, ok, err
		}
	}
	return s.exact(ctx, p, parts)
}

// attributes asks GetObjectAttributes. Any failure means to ask otherwise:
// many stores lack the call, and many policies do not allow it.
func (s *Source) attributes(ctx context.Context, p pin, parts int) (layout, bool) {
	var l layout
	in := &s3.GetObjectAttributesInput{
		Bucket: &p.bucket, Key: &p.key, VersionId: optional(p.versionID),
		ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectParts, types.ObjectAttributesEtag},
		MaxParts:         aws.Int32(maxPageSize),
	}
	for {
		out, err := s.client.GetObjectAttributes(ctx, in)
		if err != nil || out.ObjectParts == nil || len(out.ObjectParts.Parts) == 0 {
			return layout{}, false
		}
		if etag := unquote(out.ETag); etag != "" && p.etag != "" && etag != p.etag {
			return layout{}, false
		}
		for _, part := range out.ObjectParts.Parts {
			l.sizes = append(l.sizes, aws.ToInt64(part.Size))
		}
		if !aws.ToBool(out.ObjectParts.IsTruncated) || len(l.sizes) >= parts {
			return l, l.fits(parts, p.size)
		}
		in.PartNumberMarker = out.ObjectParts.NextPartNumberMarker
	}
}

// uniform asks for the first and the last part and assumes that those between
// are as long as the first, as nearly every uploader makes them.
func (s *Source) uniform(ctx context.Context, p pin, parts int) (layout, bool, error) {
	first, ok, err := s.partSize(ctx, p, 1, parts)
	if err != nil || !ok {
		return layout{}, false, err
	}
	last, ok, err := s.partSize(ctx, p, parts, parts)
	if err != nil || !ok || first*int64(parts-1)+last != p.size {
		return layout{}, false, err
	}
	l := layout{sizes: make([]int64, parts), deduced: parts > 2}
	for i := range l.sizes {
		l.sizes[i] = first
	}
	l.sizes[parts-1] = last
	return l, true, nil
}

// exact asks for every part.
func (s *Source) exact(ctx context.Context, p pin, parts int) (layout, bool, error) {
	// A store that does not know part numbers shows at the first one.
	first, ok, err := s.partSize(ctx, p, 1, parts)
	if err != nil || !ok {
		return layout{}, false, err
	}
	l := layout{sizes: make([]int64, parts)}
	l.sizes[0] = first
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.opts.InFlight)
	for i := 1; i < parts; i++ {
		g.Go(func() error {
			size, ok, err := s.partSize(ctx, p, i+1, parts)
			if !ok {
				size = -1
			}
			l.sizes[i] = size
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return layout{}, false, err
	}
	return l, l.fits(parts, p.size), nil
}

// partSize asks how long part n is. A store that ignores part numbers answers
// for the whole object, without a count of parts.
func (s *Source) partSize(ctx context.Context, p pin, n, parts int) (size int64, ok bool, err error) {
	in := p.head()
	in.PartNumber = aws.Int32(int32(n)) //nolint:gosec // at most maxParts
	out, err := s.client.HeadObject(ctx, in)
	if err != nil {
		if sym, _ := symptomOf(err, aboutObject); sym.status == 400 || sym.status == 416 || sym.status == 501 {
			return 0, false, nil // part numbers are not known here
		}
		return 0, false, classify(ctx, err, aboutObject)
	}
	if int(aws.ToInt32(out.PartsCount)) != parts || out.ContentLength == nil {
		return 0, false, nil
	}
	return *out.ContentLength, true, nil
}

// layoutKey is an object version whose parts are not all of one length.
func (p pin) layoutKey() string {
	return p.bucket + "\x00" + p.key + "\x00" + p.etag + "\x00" + strconv.FormatInt(p.size, 10)
}
