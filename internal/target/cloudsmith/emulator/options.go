package emulator

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Options configure a Server. The zero value of each field is the documented
// behaviour of the real service or the most likely guess.
type Options struct {
	// Dir is where bytes are stored. Empty makes a temporary directory, which
	// Close removes.
	Dir string `yaml:"-"`
	// Owner is the one workspace; "acme" if empty.
	Owner string `yaml:"owner"`
	// Repos are its repositories at the start; "lab" if empty.
	Repos []string `yaml:"repos"`
	// APIKey is the one valid key; DemoAPIKey if empty.
	APIKey string `yaml:"-"`
	// Password is that of the one user, for POST /user/token/. An empty one is
	// DemoPassword beside DemoAPIKey; beside any other key nobody can log in.
	Password string `yaml:"-"`

	// SyncDelay is how long a package takes from create to Completed.
	SyncDelay time.Duration `yaml:"sync_delay"`
	// ListLag is how long a new package stays invisible to list and search,
	// as if an index had to catch up.
	ListLag time.Duration `yaml:"list_lag"`

	// APILimit is the number of API requests an account has per LimitWindow; 0
	// for no limit. Uploads and downloads go to other hosts and do not count.
	APILimit int `yaml:"api_limit"`
	// LimitWindow is one hour if 0.
	LimitWindow time.Duration `yaml:"api_limit_window"`
	// PauseHint is the value of X-RateLimit-Interval in seconds. The official
	// client sleeps that long after every call.
	PauseHint float64 `yaml:"pause_hint"`

	// Duplicates says per format what becomes of a package whose coordinates
	// are taken. Formats that are not listed do as DuplicateModeOf says.
	Duplicates map[string]DuplicateMode `yaml:"duplicates"`
	// KeepRPMs stores RPMs as they are. The real service signs them, so that
	// their digests are not those of the upload.
	KeepRPMs bool `yaml:"keep_rpms"`
	// QuarantinePolicy is a search, such as "format:npm"; what it finds is
	// quarantined at the end of its synchronisation. Empty for none.
	QuarantinePolicy string `yaml:"quarantine_policy"`
	// StrictFiles refuses to create a package whose bytes have not arrived,
	// instead of answering 201 and failing its synchronisation.
	StrictFiles bool `yaml:"strict_files"`
	// ChecksumsAtOnce shows checksums before the synchronisation is over.
	ChecksumsAtOnce bool `yaml:"checksums_at_once"`
	// PlainBearer accepts the API key as a bearer token.
	PlainBearer bool `yaml:"plain_bearer"`
	// DigestMismatchStatus answers a direct upload whose bytes differ from its
	// Content-Sha256; 422 if 0.
	DigestMismatchStatus int `yaml:"digest_mismatch_status"`

	// MaxRequestBytes limits one upload request; 5 GB if 0.
	MaxRequestBytes int64 `yaml:"max_request_bytes"`
	// StorageLimit in bytes answers uploads beyond it with 403; 0 for none.
	StorageLimit int64 `yaml:"storage_limit"`
	// BandwidthLimit in bytes answers downloads beyond it with 402; 0 for none.
	BandwidthLimit int64 `yaml:"bandwidth_limit"`

	// AuditLog gives the plan an audit log; without one it answers 402.
	AuditLog bool `yaml:"audit_log"`

	// Guesses are the behaviours that nobody has seen yet.
	Guesses Guesses `yaml:"guesses"`

	// IdleTimeout ends an upload of which nothing arrives for so long; 30
	// seconds if 0.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Hosts are the base addresses that answers name, without a slash at the
	// end. Empty ones are made from the Host of the request.
	Hosts Hosts `yaml:"hosts"`
	// Now is the clock; time.Now if nil.
	Now func() time.Time `yaml:"-"`
}

// Hosts are base addresses such as "https://api.cloudsmith.io".
type Hosts struct {
	API      string `yaml:"api"`
	Upload   string `yaml:"upload"`
	S3       string `yaml:"s3"`
	Download string `yaml:"dl"`
}

// DemoAPIKey is the key of a Server that was given none. It protects nothing
// and is fit for loopback addresses only.
const DemoAPIKey = "longshore-demo-key"

// DuplicateMode is what becomes of a package whose coordinates are taken, if
// the request does not republish.
type DuplicateMode string

const (
	// RefuseAtCreate answers 400 and leaves no entry.
	RefuseAtCreate DuplicateMode = "refuse-at-create"
	// FailSync answers 201; the synchronisation then fails, and the failed
	// entry stays until it is deleted.
	FailSync DuplicateMode = "fail-sync"
)

// DuplicateModeOf is the mode of a format that Options.Duplicates does not
// list: raw refuses, every other one fails the synchronisation. For generic
// that is a guess.
func DuplicateModeOf(format string) DuplicateMode {
	if format == "raw" {
		return RefuseAtCreate
	}
	return FailSync
}

// withDefaults fills in what was left empty, or says everything that is wrong.
func (o Options) withDefaults(formats map[string]*format) (Options, error) {
	setDefault(&o.Owner, "acme")
	setDefault(&o.APIKey, DemoAPIKey)
	if o.APIKey == DemoAPIKey {
		setDefault(&o.Password, DemoPassword)
	}
	setDefault(&o.LimitWindow, time.Hour)
	setDefault(&o.DigestMismatchStatus, 422)
	setDefault(&o.MaxRequestBytes, 5_000_000_000)
	setDefault(&o.IdleTimeout, 30*time.Second)
	if len(o.Repos) == 0 {
		o.Repos = []string{"lab"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Repos = slices.Clone(o.Repos)
	o.Duplicates = maps.Clone(o.Duplicates)

	var errs []error
	o.Guesses, errs = o.Guesses.withDefaults()
	if o.Dir != "" {
		if st, err := os.Stat(o.Dir); err != nil {
			errs = append(errs, fmt.Errorf("directory for stored bytes: %w", err))
		} else if !st.IsDir() {
			errs = append(errs, fmt.Errorf("directory for stored bytes: %s is no directory", o.Dir))
		}
	}
	for _, slug := range append([]string{o.Owner}, o.Repos...) {
		if slug == "" || strings.ContainsAny(slug, "/ ") {
			errs = append(errs, fmt.Errorf("owner or repository %q: want a slug without slashes and blanks", slug))
		}
	}
	for f, mode := range o.Duplicates {
		if formats[f] == nil {
			errs = append(errs, fmt.Errorf("duplicates of format %q: unknown format", f))
		}
		if mode != RefuseAtCreate && mode != FailSync {
			errs = append(errs, fmt.Errorf("duplicates of format %q: unknown mode %q", f, mode))
		}
	}
	if o.SyncDelay < 0 || o.ListLag < 0 || o.LimitWindow < 0 || o.IdleTimeout < 0 || o.APILimit < 0 {
		errs = append(errs, errors.New("delays, windows and limits must not be negative"))
	}
	return o, errors.Join(errs...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
