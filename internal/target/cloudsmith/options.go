package cloudsmith

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/httpx"
)

// The hosts of the real service.
const (
	DefaultAPIHost    = "https://api.cloudsmith.io"
	DefaultUploadHost = "https://upload.cloudsmith.io"
)

const mib = 1 << 20

// Options configure a Target. Owner, Repo and APIKey are required, everything
// else has a default.
type Options struct {
	// APIHost and UploadHost are base addresses, from CLOUDSMITH_API_HOST and
	// CLOUDSMITH_UPLOAD_HOST; empty means the real service. Plain http is for
	// loopback addresses unless InsecureHTTP is set.
	APIHost      string
	UploadHost   string
	InsecureHTTP bool
	// APIKey is from CLOUDSMITH_API_KEY.
	APIKey string
	// Owner and Repo are the slugs of --target owner/repo.
	Owner, Repo string

	// Since is when the migration began, by the server's clock (see
	// Account.ServerTime). What was uploaded before it is not ours: found in
	// place it is "existing", and it is never deleted. The zero time claims
	// everything.
	Since time.Time

	// Workers is how many calls may run at once, which sizes the pool of
	// connections; 16 if 0.
	Workers int
	// HTTPClient replaces the transport. Its Timeout and CheckRedirect are not
	// used: transfers have no total limit, and redirects are followed here.
	HTTPClient *http.Client
	// UserAgent is "longshore" if empty.
	UserAgent string

	// MultipartThreshold is the size in bytes from which an upload goes in
	// parts of PartSize bytes. Both are 100 MiB if 0, where the official
	// client changes over.
	MultipartThreshold int64
	PartSize           int64

	// Timeout limits a call that carries no file; 60 seconds if 0.
	Timeout time.Duration
	// IdleTimeout ends an upload of which nothing moved for so long; 60
	// seconds if 0. There is no limit on the whole.
	IdleTimeout time.Duration
	// MaxRetryAfter caps what a 429 may ask for; 10 minutes if 0.
	MaxRetryAfter time.Duration

	// PollMin and PollMax are the shortest and the longest time between two
	// looks of the status board; 2 and 30 seconds if 0.
	PollMin, PollMax time.Duration
	// IndexLag is how long a package may be missing from the listing before
	// it is asked for by its id; 15 seconds if 0.
	IndexLag time.Duration
	// LookAgain are the pauses between looks for a package whose create had
	// no clear outcome; 1 and 3 seconds if nil.
	LookAgain []time.Duration
	// CatalogLimit is how many packages are remembered at most, at about 120
	// bytes each; 1,000,000 if 0.
	CatalogLimit int

	// Governor admits requests. nil makes one for this process, see NewPace.
	Governor Governor
	// Registerer gets the metrics longshore_api_requests_total{code} and
	// longshore_api_budget_remaining. nil counts without publishing.
	Registerer prometheus.Registerer
	Log        *slog.Logger
	Now        func() time.Time
}

// slug is what the service makes of names. It keeps a mistyped target from
// changing the path of a request.
var slug = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$`)

// withDefaults fills in what was left empty, or says everything that is wrong.
func (o Options) withDefaults() (_ Options, api, upload *url.URL, _ error) {
	setDefault(&o.APIHost, DefaultAPIHost)
	setDefault(&o.UploadHost, DefaultUploadHost)
	setDefault(&o.UserAgent, "longshore")
	setDefault(&o.Workers, 16)
	setDefault(&o.MultipartThreshold, 100*mib)
	setDefault(&o.PartSize, 100*mib)
	setDefault(&o.Timeout, 60*time.Second)
	setDefault(&o.IdleTimeout, 60*time.Second)
	setDefault(&o.MaxRetryAfter, 10*time.Minute)
	setDefault(&o.PollMin, 2*time.Second)
	setDefault(&o.PollMax, 30*time.Second)
	setDefault(&o.IndexLag, 15*time.Second)
	setDefault(&o.CatalogLimit, 1_000_000)
	if o.LookAgain == nil {
		o.LookAgain = []time.Duration{time.Second, 3 * time.Second}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}

	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	api, err := httpx.ParseBase("CLOUDSMITH_API_HOST", o.APIHost, o.InsecureHTTP)
	if err != nil {
		errs = append(errs, err)
	}
	upload, err = httpx.ParseBase("CLOUDSMITH_UPLOAD_HOST", o.UploadHost, o.InsecureHTTP)
	if err != nil {
		errs = append(errs, err)
	}
	check(o.APIKey != "", "CLOUDSMITH_API_KEY is empty: set it to an API key of a user or service account")
	check(slug.MatchString(o.Owner) && slug.MatchString(o.Repo),
		"--target %q: want owner/repository, each as in the address of its page", o.Owner+"/"+o.Repo)
	check(o.MultipartThreshold > 0 && o.PartSize > 0, "multipart threshold and part size must be positive")
	check(o.Timeout > 0 && o.IdleTimeout > 0 && o.MaxRetryAfter > 0, "time limits must be positive")
	check(o.PollMin > 0 && o.PollMax >= o.PollMin, "the longest poll interval must not be below the shortest")
	check(o.Workers > 0 && o.CatalogLimit > 0, "workers and catalog limit must be positive")
	return o, api, upload, errors.Join(errs...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
