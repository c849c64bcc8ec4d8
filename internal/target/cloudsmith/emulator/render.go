package emulator

import (
	"encoding/hex"
	"net/url"
	"strings"
	"time"
)

// statusBody is the state of a package on the wire.
type statusBody struct {
	IsCancellable    bool    `json:"is_cancellable"`
	IsCopyable       bool    `json:"is_copyable"`
	IsDeleteable     bool    `json:"is_deleteable"`
	IsDownloadable   bool    `json:"is_downloadable"`
	IsHidden         bool    `json:"is_hidden"`
	IsMoveable       bool    `json:"is_moveable"`
	IsQuarantinable  bool    `json:"is_quarantinable"`
	IsQuarantined    bool    `json:"is_quarantined"`
	IsResyncable     bool    `json:"is_resyncable"`
	IsScannable      bool    `json:"is_security_scannable"`
	IsSyncAwaiting   bool    `json:"is_sync_awaiting"`
	IsSyncCompleted  bool    `json:"is_sync_completed"`
	IsSyncFailed     bool    `json:"is_sync_failed"`
	IsSyncInFlight   bool    `json:"is_sync_in_flight"`
	IsSyncInProgress bool    `json:"is_sync_in_progress"`
	SelfURL          string  `json:"self_url"`
	Stage            int     `json:"stage"`
	StageStr         string  `json:"stage_str"`
	StageUpdatedAt   string  `json:"stage_updated_at"`
	Status           int     `json:"status"`
	StatusReason     *string `json:"status_reason"`
	StatusStr        string  `json:"status_str"`
	StatusUpdatedAt  string  `json:"status_updated_at"`
	SyncFinishedAt   *string `json:"sync_finished_at"`
	SyncProgress     int     `json:"sync_progress"`
}

// packageBody is a package on the wire.
type packageBody struct {
	statusBody
	Architectures     []nameBody          `json:"architectures"`
	CDNURL            *string             `json:"cdn_url"`
	ChecksumMD5       *string             `json:"checksum_md5"`
	ChecksumSHA1      *string             `json:"checksum_sha1"`
	ChecksumSHA256    *string             `json:"checksum_sha256"`
	ChecksumSHA512    *string             `json:"checksum_sha512"`
	DependenciesMD5   *string             `json:"dependencies_checksum_md5"`
	DependenciesURL   string              `json:"dependencies_url"`
	Description       *string             `json:"description"`
	DisplayName       string              `json:"display_name"`
	Distro            *distroRef          `json:"distro"`
	DistroVersion     *slugBody           `json:"distro_version"`
	Downloads         int64               `json:"downloads"`
	Epoch             *int                `json:"epoch"`
	Extension         string              `json:"extension"`
	Filename          string              `json:"filename"`
	Filepath          *string             `json:"filepath,omitempty"`
	Files             []fileBody          `json:"files"`
	Format            string              `json:"format"`
	FormatURL         string              `json:"format_url"`
	FreeableStorage   int64               `json:"freeable_storage"`
	FullName          string              `json:"fully_qualified_name"`
	HasDependencies   *bool               `json:"has_dependencies,omitempty"`
	IdentifierPerm    string              `json:"identifier_perm"`
	Identifiers       map[string]string   `json:"identifiers"`
	Indexed           bool                `json:"indexed"`
	IsMalwareDetected bool                `json:"is_malware_detected"`
	License           *string             `json:"license"`
	Name              string              `json:"name"`
	Namespace         string              `json:"namespace"`
	NamespaceURL      string              `json:"namespace_url"`
	NumFiles          int                 `json:"num_files"`
	OriginRepo        string              `json:"origin_repository"`
	OriginRepoURL     string              `json:"origin_repository_url"`
	OSIApproved       *bool               `json:"osi_approved"`
	PackageType       int                 `json:"package_type"`
	PolicyViolated    bool                `json:"policy_violated"`
	RawLicense        *string             `json:"raw_license"`
	Release           *string             `json:"release"`
	Repository        string              `json:"repository"`
	RepositoryURL     string              `json:"repository_url"`
	ScanCompletedAt   *string             `json:"security_scan_completed_at"`
	ScanStartedAt     *string             `json:"security_scan_started_at"`
	ScanStatus        string              `json:"security_scan_status"`
	ScanUpdatedAt     *string             `json:"security_scan_status_updated_at"`
	SelfHTMLURL       string              `json:"self_html_url"`
	SelfWebappURL     string              `json:"self_webapp_url"`
	SignatureURL      *string             `json:"signature_url"`
	Size              int64               `json:"size"`
	Slug              string              `json:"slug"`
	SlugPerm          string              `json:"slug_perm"`
	SPDXLicense       *string             `json:"spdx_license"`
	StatusURL         string              `json:"status_url"`
	Subtype           *string             `json:"subtype"`
	Summary           *string             `json:"summary"`
	Tags              map[string][]string `json:"tags"`
	TagsAutomatic     map[string][]string `json:"tags_automatic"`
	TagsImmutable     map[string][]string `json:"tags_immutable"`
	TypeDisplay       string              `json:"type_display"`
	UploadedAt        string              `json:"uploaded_at"`
	Uploader          string              `json:"uploader"`
	UploaderURL       string              `json:"uploader_url"`
	Version           *string             `json:"version"`
	VersionOrig       *string             `json:"version_orig"`
	Vulnerabilities   map[string]int      `json:"vulnerability_counts"`
	ScanResultsURL    string              `json:"vulnerability_scan_results_url"`
}

type nameBody struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
}

type slugBody struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

type distroRef struct {
	Name     string  `json:"name"`
	Slug     string  `json:"slug"`
	SelfURL  string  `json:"self_url"`
	Variants *string `json:"variants"`
}

// fileBody is a file of a package on the wire.
type fileBody struct {
	CDNURL         *string `json:"cdn_url"`
	ChecksumMD5    *string `json:"checksum_md5"`
	ChecksumSHA1   *string `json:"checksum_sha1"`
	ChecksumSHA256 *string `json:"checksum_sha256"`
	ChecksumSHA512 *string `json:"checksum_sha512"`
	Downloads      int64   `json:"downloads"`
	Filename       string  `json:"filename"`
	IsDownloadable bool    `json:"is_downloadable"`
	IsPrimary      bool    `json:"is_primary"`
	IsSynchronised bool    `json:"is_synchronised"`
	SignatureURL   *string `json:"signature_url"`
	Size           int64   `json:"size"`
	SlugPerm       string  `json:"slug_perm"`
	Tag            string  `json:"tag"`
}

// renderStatus makes the status of p. s.mu is held.
func (s *Server) renderStatus(p *pkg, c *call) statusBody {
	st := p.state(c.now)
	usable := st.completed() && !p.quarantined
	b := statusBody{
		IsCopyable: usable, IsDeleteable: true, IsDownloadable: usable, IsMoveable: usable,
		IsQuarantinable: usable, IsQuarantined: p.quarantined && st.completed(), IsResyncable: !st.inFlight(),
		IsSyncAwaiting: st.awaiting(), IsSyncCompleted: st.completed(), IsSyncFailed: st.failed(),
		IsSyncInFlight: st.inFlight(), IsSyncInProgress: st.inProgress(),
		SelfURL: c.packageURL(p), Stage: st.stage.number, StageStr: st.stage.text,
		StageUpdatedAt: timeText(st.updated), Status: st.status, StatusReason: st.reason,
		StatusStr: st.text, StatusUpdatedAt: timeText(st.updated), SyncProgress: st.progress,
	}
	if st.finished != nil {
		b.SyncFinishedAt = pointer(timeText(*st.finished))
	}
	return b
}

// render makes the JSON form of p; full adds what only the call for one
// package shows. s.mu is held.
func (s *Server) render(p *pkg, c *call, full bool) packageBody {
	state := s.renderStatus(p, c)
	r := p.repo
	repoURL := c.hosts.API + "/v1/repos/" + escape(r.owner, r.slug) + "/"
	b := packageBody{
		statusBody: state, Architectures: []nameBody{}, Files: make([]fileBody, len(p.files)),
		DependenciesURL: state.SelfURL + "dependencies/", Description: orNull(p.attrs["description"]),
		DisplayName: p.name, Downloads: p.downloads, Extension: extension(p.filename), Filename: p.filename,
		Filepath: orNull(p.filepath), Format: p.format.slug, FormatURL: c.hosts.API + "/v1/formats/" + p.format.slug + "/",
		FreeableStorage: p.size(), FullName: p.fullName(), IdentifierPerm: p.perm, Identifiers: map[string]string{},
		Indexed: !c.now.Before(p.visible), Name: p.name, Namespace: r.owner,
		NamespaceURL: c.hosts.API + "/v1/namespaces/" + escape(r.owner) + "/", NumFiles: len(p.files),
		OriginRepo: r.slug, OriginRepoURL: repoURL, PackageType: 1, Repository: r.slug, RepositoryURL: repoURL,
		ScanStatus: "Security Scanning Not Supported", Size: p.size(), Slug: p.slug, SlugPerm: p.perm,
		SelfHTMLURL:   "https://cloudsmith.io/~" + escape(r.owner) + "/repos/" + escape(r.slug) + "/packages/detail/" + p.format.slug + "/" + p.slug + "/",
		SelfWebappURL: "https://app.cloudsmith.com/" + escape(r.owner, r.slug) + "/" + p.perm,
		StatusURL:     state.SelfURL + "status/", Summary: orNull(p.attrs["summary"]), Tags: p.tagMap(false), TagsAutomatic: map[string][]string{},
		TagsImmutable: p.tagMap(true), TypeDisplay: "file", Subtype: pointer("file"), UploadedAt: timeText(p.uploaded),
		Uploader: userSlug, UploaderURL: c.hosts.API + "/v1/users/profile/" + userSlug + "/",
		Version: orNull(p.version), VersionOrig: orNull(p.version), Vulnerabilities: map[string]int{},
		ScanResultsURL: c.hosts.API + "/v1/vulnerabilities/" + escape(r.owner, r.slug) + "/" + p.perm + "/",
	}
	for i, f := range p.files {
		b.Files[i] = s.renderFile(p, f, i == 0, c, state)
	}
	main := b.Files[0]
	b.CDNURL = main.CDNURL
	b.ChecksumMD5, b.ChecksumSHA1 = main.ChecksumMD5, main.ChecksumSHA1
	b.ChecksumSHA256, b.ChecksumSHA512 = main.ChecksumSHA256, main.ChecksumSHA512
	b.Distro, b.DistroVersion = p.distro(c)
	if a := p.attrs["architecture"]; a != "" {
		b.Architectures = append(b.Architectures, nameBody{Name: a})
	}
	if full {
		b.HasDependencies = pointer(false)
	}
	return b
}

// renderFile makes one entry of files. Checksums and the address for
// downloads are there once the synchronisation is over.
func (s *Server) renderFile(p *pkg, f pkgFile, primary bool, c *call, state statusBody) fileBody {
	b := fileBody{
		Downloads: p.downloads, Filename: f.filename, IsDownloadable: state.IsDownloadable, IsPrimary: primary,
		IsSynchronised: state.IsSyncCompleted, SlugPerm: f.perm, Tag: f.tag,
	}
	if f.blob == nil {
		return b
	}
	b.Size = f.blob.size
	if state.IsSyncCompleted || s.opts.ChecksumsAtOnce {
		d := &f.blob.digests
		b.ChecksumMD5 = pointer(d.md5Hex())
		b.ChecksumSHA1 = pointer(hex.EncodeToString(d.sha1[:]))
		b.ChecksumSHA256 = pointer(d.sha256Hex())
		b.ChecksumSHA512 = pointer(hex.EncodeToString(d.sha512[:]))
	}
	if state.IsDownloadable {
		b.CDNURL = pointer(c.hosts.Download + p.downloadPath(f, primary))
	}
	return b
}

func (c *call) packageURL(p *pkg) string {
	return c.hosts.API + "/v1/packages/" + url.PathEscape(p.repo.owner) + "/" + url.PathEscape(p.repo.slug) + "/" + p.perm + "/"
}

func (p *pkg) fullName() string {
	if p.filepath != "" {
		return p.filepath
	}
	if p.version == "" {
		return p.name
	}
	return p.name + "-" + p.version
}

// distro splits the distribution of a package into distro and release.
func (p *pkg) distro(c *call) (*distroRef, *slugBody) {
	slug, release, found := strings.Cut(p.attrs["distribution"], "/")
	if !found {
		return nil, nil
	}
	return &distroRef{Name: slug, Slug: slug, SelfURL: c.hosts.API + "/v1/distros/" + url.PathEscape(slug) + "/"}, &slugBody{Name: release, Slug: release}
}

// tagMap lists the tags; with onlyImmutable only those that cannot be
// changed.
func (p *pkg) tagMap(onlyImmutable bool) map[string][]string {
	m := map[string][]string{}
	for _, t := range p.tags {
		if !onlyImmutable || t.immutable {
			m["info"] = append(m["info"], t.name)
		}
	}
	return m
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

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
