package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Guesses are the behaviours of the real service that nobody here has seen or
// read about. The zero value of each field is the guess; setting it shows what
// a client does if the real service behaves otherwise. Together with
// Options.Duplicates, StrictFiles, ChecksumsAtOnce, PlainBearer,
// DigestMismatchStatus and ListLag they are all of them;
// docs/cloudsmith-open-points.md says how to find out.
type Guesses struct {
	// RateResource is the name under which GET /rates/limits/ reports; "core"
	// if empty.
	RateResource string `yaml:"rate_resource"`

	// RequireMD5 refuses to announce an upload by post or put_parts without
	// an MD5.
	RequireMD5 bool `yaml:"require_md5"`
	// OfferedMethods are the upload methods that can be asked for; all five of
	// the specification if empty.
	OfferedMethods []string `yaml:"offered_methods"`
	// MinPartBytes is the least size of every part but the last; 5 MiB, as in
	// S3, if 0. Negative for no limit.
	MinPartBytes int64 `yaml:"min_part_bytes"`
	// OrderedParts refuses a part unless all before it have arrived, and one
	// that has arrived already.
	OrderedParts bool `yaml:"ordered_parts"`
	// IgnoreDigestHeader does not compare Content-Sha256 with the bytes.
	IgnoreDigestHeader bool `yaml:"ignore_digest_header"`
	// AcceptChunked takes uploads without a Content-Length.
	AcceptChunked bool `yaml:"accept_chunked"`
	// FormLifetime is how long the form of method post is valid; one hour if 0.
	FormLifetime time.Duration `yaml:"form_lifetime"`
	// UploadLifetime is how long an identifier can be made a package; one day
	// if 0.
	UploadLifetime time.Duration `yaml:"upload_lifetime"`
	// ReusedFileStatus answers a create whose identifier has served already;
	// 422 if 0.
	ReusedFileStatus int `yaml:"reused_file_status"`

	// AnyDistribution takes distributions that GET /distros/ does not list.
	AnyDistribution bool `yaml:"any_distribution"`
	// RefuseEmptyFiles refuses to create a package of no bytes.
	RefuseEmptyFiles bool `yaml:"refuse_empty_files"`
	// OddFilepaths says what becomes of the path of a generic package that
	// begins or ends with a slash or has the segments "", "." or "..": "keep"
	// it, if empty, "normalise" or "refuse" it.
	OddFilepaths string `yaml:"odd_filepaths"`
	// FoldFilepaths makes paths of generic packages that differ in case only
	// the same.
	FoldFilepaths bool `yaml:"fold_filepaths"`
	// LooseRawIdentity makes raw packages of one name and version the same,
	// whatever their file names.
	LooseRawIdentity bool `yaml:"loose_raw_identity"`

	// StrictMaven fails the synchronisation of a Maven package whose request
	// has neither a POM nor group, artifact and version. The real one may read
	// them in the jar, which the Server does not open.
	StrictMaven bool `yaml:"strict_maven"`

	// StatusNumbers and StageNumbers replace numbers by text, such as
	// "Awaiting" or "Queued".
	StatusNumbers map[string]int `yaml:"status_numbers"`
	StageNumbers  map[string]int `yaml:"stage_numbers"`
	// QuarantineIsUnfinished does not count a quarantined package as
	// synchronised.
	QuarantineIsUnfinished bool `yaml:"quarantine_is_unfinished"`

	// EmptyPages answers a page after the last with an empty list, not 404.
	EmptyPages bool `yaml:"empty_pages"`
	// SearchedDigests are the kinds that checksum: finds, of md5, sha1, sha256
	// and sha512; all if empty.
	SearchedDigests []string `yaml:"searched_digests"`
	// SearchCompanions lets checksum: find packages by files other than the
	// primary one.
	SearchCompanions bool `yaml:"search_companions"`

	// DeniedDownloadStatus answers a private download without the right
	// credentials; 404 if 0.
	DeniedDownloadStatus int `yaml:"denied_download_status"`
	// NoRanges serves files whole only, NoETags without an ETag.
	NoRanges bool `yaml:"no_ranges"`
	NoETags  bool `yaml:"no_etags"`
	// FreeAtDelete gives the storage of a deleted package back to the quota at
	// once, not when it leaves the recycle bin after seven days.
	FreeAtDelete bool `yaml:"free_at_delete"`
}

// Words of Guesses.OddFilepaths.
const (
	keepFilepaths      = "keep"
	normaliseFilepaths = "normalise"
	refuseFilepaths    = "refuse"
)

func digestKinds() []string { return []string{"md5", "sha1", "sha256", "sha512"} }

func uploadMethods() []string {
	return []string{methodPost, methodPut, methodParts, methodPresigned, methodUnsignedPut}
}

// withDefaults fills in what was left empty and returns what cannot be.
func (g Guesses) withDefaults() (Guesses, []error) {
	setDefault(&g.RateResource, "core")
	setDefault(&g.MinPartBytes, 5<<20)
	setDefault(&g.FormLifetime, time.Hour)
	setDefault(&g.UploadLifetime, 24*time.Hour)
	setDefault(&g.ReusedFileStatus, http.StatusUnprocessableEntity)
	setDefault(&g.OddFilepaths, keepFilepaths)
	setDefault(&g.DeniedDownloadStatus, http.StatusNotFound)
	if len(g.OfferedMethods) == 0 {
		g.OfferedMethods = uploadMethods()
	}
	if len(g.SearchedDigests) == 0 {
		g.SearchedDigests = digestKinds()
	}
	var errs []error
	among := func(what string, words []string, known ...string) {
		for _, w := range words {
			if !slices.Contains(known, w) {
				errs = append(errs, fmt.Errorf("%s: unknown %q, want some of %s", what, w, strings.Join(known, ", ")))
			}
		}
	}
	among("offered methods", g.OfferedMethods, uploadMethods()...)
	among("searched digests", g.SearchedDigests, digestKinds()...)
	among("odd filepaths", []string{g.OddFilepaths}, keepFilepaths, normaliseFilepaths, refuseFilepaths)
	for what, status := range map[string]int{"reused file status": g.ReusedFileStatus, "denied download status": g.DeniedDownloadStatus} {
		if status < 400 || status > 499 {
			errs = append(errs, fmt.Errorf("%s: %d is not a client error", what, status))
		}
	}
	if g.FormLifetime < 0 || g.UploadLifetime < 0 {
		errs = append(errs, errors.New("lifetimes must not be negative"))
	}
	return g, errs
}

// filepath is what becomes of the path of a generic package; false if it is
// refused.
func (g *Guesses) filepath(given string) (string, bool) {
	clean := strings.TrimPrefix(path.Clean("/"+given), "/")
	if clean == given || g.OddFilepaths == keepFilepaths {
		return given, true
	}
	return clean, g.OddFilepaths == normaliseFilepaths && clean != ""
}

// identity joins what no two packages of a format share.
func (g *Guesses) identity(format string, parts ...string) string {
	switch {
	case format == "generic" && g.FoldFilepaths:
		parts = []string{strings.ToLower(parts[0])}
	case format == "raw" && g.LooseRawIdentity:
		parts = parts[:2] //nolint:gosec // name and version are always there
	}
	return format + "\x00" + strings.Join(parts, "\x00")
}

// searches says whether checksum: finds digests of the length of h, in hex.
func (g *Guesses) searches(h string) bool {
	kinds := map[int]string{32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
	return slices.Contains(g.SearchedDigests, kinds[len(h)])
}
