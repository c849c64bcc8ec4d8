package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/stages/stage"
)

var _ stage.Source = (*Source)(nil)

// Source is one bucket. It is safe for concurrent use and holds no resource
// that needs closing besides idle connections.
type Source struct {
	client   *s3.Client
	opts     Options
	pageSize int32
	budget   *budget
	layouts  *layoutMemory
}

// Open resolves region, endpoint and credentials settings. It sends nothing to
// the store; Check does.
func Open(ctx context.Context, o Options) (*Source, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("opening the source: %w", err)
	}
	o = o.withDefaults()
	client, err := newClient(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening the source: %w", err)
	}
	return &Source{
		client:   client,
		opts:     o,
		pageSize: maxPageSize,
		budget:   newBudget(o.BufferBytes, o.PartBytes),
		layouts:  newLayoutMemory(),
	}, nil
}

// Check asks the store for one key below Options.Prefix, so that a wrong
// endpoint, key, region or bucket shows before any work starts. Its errors are
// Halted and carry a hint that names the setting.
func (s *Source) Check(ctx context.Context) error {
	_, err := s.list(ctx, s.opts.Prefix, cursor{}, 1)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("checking s3://%s/%s: %w", s.opts.Bucket, s.opts.Prefix, err)
	if ctx.Err() != nil {
		return err
	}
	return stage.Halt(err)
}
