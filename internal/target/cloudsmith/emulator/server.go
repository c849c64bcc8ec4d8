package emulator

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the emulator. It is an http.Handler for all roles at once.
type Server struct {
	opts    Options
	formats map[string]*format
	routes  *router
	store   *store
	limits  *limiter
	faults  *faultList
	stats   *counters
	signer  policySigner
	// policy finds the packages to quarantine; nil for none.
	policy  *query
	ownsDir bool
	started time.Time

	// retaining says that some repository may have a retention rule.
	retaining atomic.Bool

	// mu guards everything below, down to the fields of each package.
	mu       sync.RWMutex
	repos    map[string]*repo
	uploads  map[string]*upload
	storage  int64
	peak     int64
	bin      recycleBin
	traffic  int64
	sequence uint64
	keys     []*apiKey
	events   []auditEvent
}

// New makes a Server. Close gives back what it holds on disk.
func New(opts Options) (*Server, error) {
	formats := formatTable()
	opts, err := opts.withDefaults(formats)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, formats: formats}
	if text := opts.QuarantinePolicy; text != "" {
		q, err := parseQuery(text, opts.Now())
		if err != nil {
			return nil, fmt.Errorf("quarantine policy: %w", err)
		}
		s.policy = &q
	}
	if opts.Dir == "" {
		if s.opts.Dir, err = os.MkdirTemp("", "cloudsmith-emulator-"); err != nil {
			return nil, fmt.Errorf("making a directory for stored bytes: %w", err)
		}
		s.ownsDir = true
	}
	if s.store, err = newStore(filepath.Join(s.opts.Dir, "blobs")); err != nil {
		return nil, err
	}
	s.routes = newRouter(s.routeTable())
	s.limits = newLimiter(opts.APILimit, opts.LimitWindow)
	s.faults = &faultList{}
	s.stats = newCounters()
	s.signer = newPolicySigner()
	s.started = s.now()
	s.forget()
	return s, nil
}

// Reset forgets every package, upload, fault and counter, and drops the
// stored bytes: the Server is as New made it.
func (s *Server) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.faults.clear()
	s.stats.clear()
	s.limits.clear()
	return s.store.clear()
}

// forget makes the state of a new Server. s.mu is held, or nobody else knows s.
func (s *Server) forget() {
	s.repos = map[string]*repo{}
	s.uploads = map[string]*upload{}
	s.storage, s.peak, s.traffic, s.bin = 0, 0, 0, recycleBin{}
	s.events = nil
	s.keys = []*apiKey{{perm: "0000apitoken", key: s.opts.APIKey, created: s.started}}
	for _, slug := range s.opts.Repos {
		r := s.newRepo(slug, s.opts.Now())
		r.settings["repository_type_str"] = "Private"
		s.repos[slug] = r
	}
}

// Close removes the stored bytes. Requests that still run may fail.
func (s *Server) Close() error {
	if s.ownsDir {
		return os.RemoveAll(s.opts.Dir)
	}
	return s.store.remove()
}

// Owner is the slug of the one workspace.
func (s *Server) Owner() string { return s.opts.Owner }

// Repos lists the slugs of the repositories that exist at the start.
func (s *Server) Repos() []string { return s.opts.Repos }

// APIKey is the key that is valid at the start; clients may make others.
func (s *Server) APIKey() string { return s.opts.APIKey }

// ServeHTTP answers for all roles, told apart by the first segment of the
// path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	role, path := splitRole(r.URL.EscapedPath())
	s.serve(role, path, w, r)
}

// Role returns the handler of one role, for a listener of its own.
func (s *Server) Role(role Role) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serve(role, r.URL.EscapedPath(), w, r)
	})
}

func (s *Server) now() time.Time { return s.opts.Now().UTC() }
