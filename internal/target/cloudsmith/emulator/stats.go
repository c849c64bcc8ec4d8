package emulator

import (
	"strconv"
	"sync"
	"sync/atomic"
)

// Stats are counters since the start or the last reset. Control requests do
// not count.
type Stats struct {
	// APIRequests are all requests to the api and upload hosts: what a
	// migration spends.
	APIRequests int64 `json:"api_requests"`
	// UploadRequests are those of them to the upload host.
	UploadRequests int64 `json:"upload_requests"`
	// S3Requests and DownloadRequests go to the hosts that have no limit.
	S3Requests       int64 `json:"s3_requests"`
	DownloadRequests int64 `json:"download_requests"`
	// Throttled requests met the limit; Faulted ones a fault.
	Throttled int64 `json:"throttled"`
	Faulted   int64 `json:"faulted"`
	// BytesReceived and BytesSent are the sizes of bodies.
	BytesReceived int64 `json:"bytes_received"`
	BytesSent     int64 `json:"bytes_sent"`
	// Requests by method and route, such as
	// "PUT /upload/{owner}/{repo}/{filename}". The slash of a route's end is
	// part of its name. What fits no route is "unmatched".
	Requests map[string]int64 `json:"requests"`
	// Statuses by method, route and status, such as
	// "GET /packages/{owner}/{repo}/ 200". Status 0 is an answer that was lost.
	Statuses map[string]int64 `json:"statuses"`
	// Packages that exist, failed ones included; StoredBytes are those of all
	// uploads and packages.
	Packages    int   `json:"packages"`
	StoredBytes int64 `json:"stored_bytes"`
}

type counterKey struct {
	role   Role
	label  string
	status int
}

type counters struct {
	throttled, faulted atomic.Int64
	received, sent     atomic.Int64

	mu       sync.Mutex
	requests map[counterKey]int64
}

func newCounters() *counters { return &counters{requests: map[counterKey]int64{}} }

func (n *counters) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.requests)
	for _, v := range []*atomic.Int64{&n.throttled, &n.faulted, &n.received, &n.sent} {
		v.Store(0)
	}
}

// count records an answered request.
func (n *counters) count(role Role, label string, status int, received, sent int64) {
	n.received.Add(received)
	n.sent.Add(sent)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests[counterKey{role, label, status}]++
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	n := s.stats
	st := Stats{
		Throttled: n.throttled.Load(), Faulted: n.faulted.Load(),
		BytesReceived: n.received.Load(), BytesSent: n.sent.Load(),
		Requests: map[string]int64{}, Statuses: map[string]int64{},
	}
	n.mu.Lock()
	for key, count := range n.requests {
		switch key.role {
		case RoleAPI:
			st.APIRequests += count
		case RoleUpload:
			st.APIRequests += count
			st.UploadRequests += count
		case RoleS3:
			st.S3Requests += count
		case RoleDownload:
			st.DownloadRequests += count
		}
		st.Requests[key.label] += count
		st.Statuses[key.label+" "+strconv.Itoa(key.status)] += count
	}
	n.mu.Unlock()

	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range s.repos {
		st.Packages += len(r.order)
	}
	st.StoredBytes = s.storage
	return st
}
