package s3

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Options configure a Source. Endpoint, region and credentials are not among
// them: they come from the usual AWS variables and files
// (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE,
// AWS_ACCESS_KEY_ID, …).
type Options struct {
	// Bucket is the bucket to list. Required.
	Bucket string
	// Prefix is what Check tries to list, for credentials that may list only
	// a part of the bucket.
	Prefix string

	// PartBytes is the length of one ranged request, and the size up to which
	// an object is read by one plain request. Default 8 MiB: longer ranges
	// gain little, since one connection is slow and several are not.
	PartBytes int64
	// InFlight is how many ranges of one object are transferred at once.
	// Default 8.
	InFlight int
	// BufferBytes bounds the memory that all bodies of the Source together
	// use for reading ahead. Default 64 MiB; less than PartBytes turns reading
	// ahead off.
	BufferBytes int64

	// ReadTimeout is how long a connection may be silent. Default 30 s.
	ReadTimeout time.Duration
	// Tries is how often one transfer is tried without getting a byte further
	// before its error is returned. Default 5.
	Tries int
	// Backoff is the first pause between two tries; it doubles up to 50 times
	// that, with jitter. Default 100 ms.
	Backoff time.Duration

	// Log gets warnings that a person should act on. Default: none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.PartBytes = cmp.Or(o.PartBytes, 8<<20)
	o.InFlight = cmp.Or(o.InFlight, 8)
	o.BufferBytes = cmp.Or(o.BufferBytes, 64<<20)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.Tries = cmp.Or(o.Tries, 5)
	o.Backoff = cmp.Or(o.Backoff, 100*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	if o.Bucket == "" {
		errs = append(errs, errors.New("no bucket: set --source to s3://bucket/prefix"))
	}
	for _, v := range []struct {
		name string
		n    int64
	}{
		{"PartBytes", o.PartBytes}, {"InFlight", int64(o.InFlight)}, {"BufferBytes", o.BufferBytes},
		{"ReadTimeout", int64(o.ReadTimeout)}, {"Tries", int64(o.Tries)}, {"Backoff", int64(o.Backoff)},
	} {
		if v.n < 0 {
			errs = append(errs, fmt.Errorf("%s is %d: use a positive number, or 0 for the default", v.name, v.n))
		}
	}
	return errors.Join(errs...)
}
