package emulator

import (
	"encoding/hex"
	"net/url"
	"strings"
)

// renderStatus makes the status of p. s.mu is held.
func (s *Server) renderStatus(p *pkg, c *call) statusBody {
	st := p.state(c.now)
	g := &s.opts.Guesses
	synced := st.completed() && !(p.quarantined && g.QuarantineIsUnfinished)
	usable := st.completed() && !p.quarantined
	b := statusBody{
		IsCopyable: usable, IsDeleteable: true, IsDownloadable: usable, IsMoveable: usable,
		IsQuarantinable: usable, IsQuarantined: p.quarantined && st.completed(), IsResyncable: !st.inFlight(),
		IsSyncAwaiting: st.awaiting(), IsSyncCompleted: synced, IsSyncFailed: st.failed(),
		IsSyncInFlight: st.inFlight(), IsSyncInProgress: st.inProgress(),
		SelfURL: c.packageURL(p), Stage: numberOf(g.StageNumbers, st.stage.String(), int(st.stage)), StageStr: st.stage.String(),
		StageUpdatedAt: timeText(st.updated), Status: numberOf(g.StatusNumbers, st.text, st.status), StatusReason: st.reason,
		StatusStr: st.text, StatusUpdatedAt: timeText(st.updated), SyncProgress: st.progress,
	}
	if !st.finished.IsZero() {
		b.SyncFinishedAt = pointer(timeText(st.finished))
	}
	return b
}

// numberOf is the number that a text has on the wire.
func numberOf(replaced map[string]int, text string, usual int) int {
	if n, given := replaced[text]; given {
		return n
	}
	return usual
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
		PolicyViolated: p.violates, OriginRepo: r.slug, OriginRepoURL: repoURL, PackageType: 1, Repository: r.slug, RepositoryURL: repoURL,
		ScanStatus: "Security Scanning Not Supported", Size: p.size(), Slug: p.slug, SlugPerm: p.perm,
		SelfHTMLURL:   "https://cloudsmith.io/~" + escape(r.owner) + "/repos/" + escape(r.slug) + "/packages/detail/" + p.format.slug + "/" + p.slug + "/",
		SelfWebappURL: "https://app.cloudsmith.com/" + escape(r.owner, r.slug) + "/" + p.perm,
		StatusURL:     state.SelfURL + "status/", Summary: orNull(p.attrs["summary"]), Tags: p.tagMap(false), TagsAutomatic: map[string][]string{},
		TagsImmutable: p.tagMap(true), TypeDisplay: "file", Subtype: pointer("file"), UploadedAt: timeText(p.uploaded),
		Uploader: userSlug, UploaderURL: c.hosts.API + "/v1/users/profile/" + userSlug + "/",
		License: orNull(p.license), RawLicense: orNull(p.license), SPDXLicense: orNull(p.license),
		Version: orNull(p.version), VersionOrig: p.version, Vulnerabilities: map[string]int{},
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
