package emulator

import "time"

// PackageSummary is a package as GET /_emulator/packages lists it.
type PackageSummary struct {
	Owner    string `json:"owner"`
	Repo     string `json:"repo"`
	SlugPerm string `json:"slug_perm"`
	Format   string `json:"format"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Filename string `json:"filename"`
	Filepath string `json:"filepath"`
	// Size in bytes and SHA256 of the bytes that are stored, whatever the
	// state of the synchronisation; empty where none arrived.
	Size   int64  `json:"size"`
	SHA256 string `json:"checksum_sha256"`
	// Status is the word that the API shows: Awaiting, In Progress, Completed,
	// Failed or Quarantined.
	Status       string    `json:"status"`
	StatusReason string    `json:"status_reason,omitempty"`
	UploadedAt   time.Time `json:"uploaded_at"`
}

// Packages lists every package of every repository, oldest first.
func (s *Server) Packages() []PackageSummary {
	now := s.now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []PackageSummary{}
	for _, r := range s.repos {
		for _, p := range r.order {
			out = append(out, p.summary(now))
		}
	}
	return out
}

func (p *pkg) summary(now time.Time) PackageSummary {
	st := p.state(now)
	sum := PackageSummary{
		Owner: p.repo.owner, Repo: p.repo.slug, SlugPerm: p.perm, Format: p.format.slug, Name: p.name, Version: p.version,
		Filename: p.filename, Filepath: p.filepath, Size: p.size(), Status: st.text, UploadedAt: p.uploaded,
	}
	if b := p.primary().blob; b != nil {
		sum.SHA256 = b.digests.sha256Hex()
	}
	if st.reason != nil {
		sum.StatusReason = *st.reason
	}
	return sum
}
