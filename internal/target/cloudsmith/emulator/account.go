package emulator

import (
	"fmt"
	"math"
)

// The one user.
const (
	userSlug  = "svc-migrate"
	userName  = "Migration Service"
	userPerm  = "0000migrate0"
	ownerPerm = "0000acmespac"
	userEmail = userSlug + "@example.com"
)

// version is a semantic version, which the official client insists on. It is
// not newer than the client's own, so that the client does not ask to update.
const version = "1.352.0"

// self answers GET /user/self/. Without credentials it is no refusal.
func (s *Server) self(c *call) (reply, error) {
	if !c.signedIn {
		return ok(map[string]any{
			"authenticated": false, "email": nil, "name": nil, "profile_url": nil,
			"self_url": c.hosts.API + "/v1/user/self/", "slug": nil, "slug_perm": nil,
		})
	}
	return ok(map[string]any{
		"authenticated": true, "email": userEmail, "name": userName,
		"profile_url": "https://cloudsmith.io/~" + userSlug + "/",
		"self_url":    c.hosts.API + "/v1/user/self/", "slug": userSlug, "slug_perm": userPerm,
	})
}

// serviceStatus answers GET /status/check/basic/.
func (s *Server) serviceStatus(*call) (reply, error) {
	return ok(map[string]string{"detail": "Cloudsmith API is operational.", "version": version})
}

type usage[T any] struct {
	Configured T `json:"configured"`
	Percentage T `json:"percentage_used"`
	Plan       T `json:"plan_limit"`
	Used       T `json:"used"`
}

// storageUsage also says how much there was at most.
type storageUsage[T any] struct {
	usage[T]
	Peak T `json:"peak"`
}

// quota answers GET /quota/{owner}/.
func (s *Server) quota(c *call) (reply, error) {
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	used := s.storage + s.bin.size(c.now)
	return ok(map[string]any{"usage": map[string]any{
		"display": map[string]any{
			"bandwidth": displayUsage(s.traffic, s.opts.BandwidthLimit),
			"storage":   storageUsage[string]{displayUsage(used, s.opts.StorageLimit), sizeText(s.peak)},
		},
		"raw": map[string]any{
			"bandwidth": rawUsage(s.traffic, s.opts.BandwidthLimit),
			"storage":   storageUsage[float64]{rawUsage(used, s.opts.StorageLimit), float64(s.peak)},
		},
	}})
}

// unlimited is what the quota shows where no limit is set.
const unlimited = int64(1) << 50

func rawUsage(used, limit int64) usage[float64] {
	setDefault(&limit, unlimited)
	percent := math.Round(float64(used)/float64(limit)*10000) / 100
	return usage[float64]{float64(limit), percent, float64(limit), float64(used)}
}

func displayUsage(used, limit int64) usage[string] {
	raw := rawUsage(used, limit)
	bytes := sizeText(int64(raw.Configured))
	return usage[string]{bytes, fmt.Sprintf("%.2f%%", raw.Percentage), bytes, sizeText(used)}
}

// quotaHistory answers GET /quota/history/{owner}/: one period, the current.
func (s *Server) quotaHistory(c *call) (reply, error) {
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	amount := func(used, limit int64) map[string]any {
		raw := rawUsage(used, limit)
		return map[string]any{"used": used, "limit": int64(raw.Configured), "percentage": raw.Percentage}
	}
	display := func(used, limit int64) map[string]any {
		d := displayUsage(used, limit)
		return map[string]any{"used": d.Used, "limit": d.Configured, "percentage": d.Percentage}
	}
	stored, storedText := amount(s.storage, s.opts.StorageLimit), display(s.storage, s.opts.StorageLimit)
	stored["peak"], storedText["peak"] = s.peak, sizeText(s.peak)
	end := s.started.AddDate(0, 1, 0)
	return ok(map[string]any{"history": []map[string]any{{
		"plan": "Emulator", "start": timeText(s.started), "end": timeText(end), "days": int(end.Sub(s.started).Hours() / 24),
		"raw": map[string]any{
			"uploaded": amount(s.storage, 0), "downloaded": amount(s.traffic, s.opts.BandwidthLimit), "storage_used": stored,
		},
		"display": map[string]any{
			"uploaded": display(s.storage, 0), "downloaded": display(s.traffic, s.opts.BandwidthLimit), "storage_used": storedText,
		},
	}}})
}

// sizeText is how the API shows bytes to people.
func sizeText(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n), 0
	for value >= 1024 && unit < 5 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, "?KMGTP"[unit])
}
