package emulator

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"
)

// pkg is a package, failed ones included. Server.mu guards it.
type pkg struct {
	// number orders the packages of a Server by creation.
	number     uint64
	repo       *repo
	slug, perm string
	format     *format

	name, version, filename, filepath string
	guesses                           *Guesses
	// attrs are the other fields of the create request.
	attrs map[string]string
	tags  []tag
	files []pkgFile

	license     string
	uploaded    time.Time
	visible     time.Time
	sync        syncPlan
	quarantined bool
	// violates a policy.
	violates  bool
	downloads int64
}

type tag struct {
	name      string
	immutable bool
}

// pkgFile is a file of a package; the first one is the primary.
type pkgFile struct {
	perm, tag, filename string
	// blob is nil where the bytes never arrived.
	blob *blob
}

func (p *pkg) primary() pkgFile { return p.files[0] }

// size in bytes of the primary file.
func (p *pkg) size() int64 {
	if b := p.primary().blob; b != nil {
		return b.size
	}
	return 0
}

// hasDigest says whether a search finds p by a digest in lower-case hex.
func (p *pkg) hasDigest(h string) bool {
	if !p.guesses.searches(h) {
		return false
	}
	files := p.files[:1]
	if p.guesses.SearchCompanions {
		files = p.files
	}
	return slices.ContainsFunc(files, func(f pkgFile) bool { return f.blob != nil && f.blob.digests.has(h) })
}

// lacksCoordinates says that nothing in the request tells where a Maven
// package belongs.
func (p *pkg) lacksCoordinates() bool {
	if p.format.slug != "maven" || slices.ContainsFunc(p.files, func(f pkgFile) bool { return f.tag == "pom" }) {
		return false
	}
	return p.attrs["group_id"] == "" || p.attrs["artifact_id"] == "" || p.attrs["version"] == ""
}

// complete says whether all bytes of p are there.
func (p *pkg) complete() bool {
	for _, f := range p.files {
		if f.blob == nil {
			return false
		}
	}
	return true
}

// identity is what no two good packages of a repository share.
func (p *pkg) identity() string {
	return p.guesses.identity(p.format.slug, p.format.identity(p)...)
}

// settle fills in the name and version of a package. The Server does not open
// package files: where the request is silent it reads the file name, which by
// the conventions of most formats is name-version.extension.
func (p *pkg) settle() {
	p.name, p.version = p.attrs["name"], p.attrs["version"]
	p.filepath = p.attrs["filepath"]
	switch p.format.slug {
	case "raw", "generic":
		setDefault(&p.name, p.filename)
		return
	case "maven":
		setDefault(&p.name, p.attrs["artifact_id"])
	}
	name, version := splitName(p.filename, p.format.extensions)
	setDefault(&p.name, name)
	setDefault(&p.version, version)
}

// splitName cuts a file name at the first hyphen or underscore that a digit
// follows.
func splitName(filename string, extensions []string) (name, version string) {
	base := filename
	for _, ext := range extensions {
		if cut, found := strings.CutSuffix(base, ext); found {
			base = cut
			break
		}
	}
	for i := 1; i+1 < len(base); i++ {
		if (base[i] == '-' || base[i] == '_') && base[i+1] >= '0' && base[i+1] <= '9' {
			return base[:i], base[i+1:]
		}
	}
	return base, ""
}

// extension of a file name, with its dot.
func extension(filename string) string { return path.Ext(filename) }

// newID makes a random identifier of twelve letters and digits.
func newID() string { return randomText(12) }

func randomText(n int) string {
	return randomOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", n)
}

func randomHex(n int) string { return randomOf("0123456789abcdef", n) }

func randomOf(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))] //nolint:gosec // a name, not a secret
	}
	return string(b)
}

// newSlug makes a handle out of a file name.
func newSlug(filename string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(filename) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
		if b.Len() == 40 {
			break
		}
	}
	if b.Len() > 0 {
		b.WriteByte('-')
	}
	return b.String() + strings.ToLower(randomText(8))
}
