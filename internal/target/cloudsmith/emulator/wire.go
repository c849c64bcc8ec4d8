package emulator

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
	Filepath          *string             `json:"filepath"`
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
	VersionOrig       string              `json:"version_orig"`
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
