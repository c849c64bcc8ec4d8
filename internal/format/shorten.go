package format

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"unicode/utf8"
)

const (
	// maxFilename is the target's limit in characters.
	maxFilename = 255
	// maxExtension keeps a base name with one early dot from counting as
	// almost nothing but extension.
	maxExtension = 16
	// hashDigits of SHA-256: 128 bits, as in an object id.
	hashDigits = 32
)

// shortened matches the end of everything that shorten has cut.
var shortened = regexp.MustCompile(`~[0-9a-f]{32}(\.[^./]{1,15})?$`)

// shorten returns s if it has at most limit characters, else its beginning, a
// hash of the whole, and ext, which must be the end of s. It is injective: a
// string that already looks cut is hashed too, however short, so that nobody
// can take the name that another one will be cut to.
func shorten(s string, limit int, ext string) string {
	n := utf8.RuneCountInString(s)
	if n <= limit && !shortened.MatchString(s) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	tail := "~" + hex.EncodeToString(sum[:])[:hashDigits] + ext
	stem := []rune(s[:len(s)-len(ext)])
	keep := min(len(stem), limit-utf8.RuneCountInString(tail))
	return string(stem[:keep]) + tail
}

// extension is the short extension of a base name, with its dot, or empty.
func extension(base string) string {
	ext := path.Ext(base)
	if len(ext) < 2 || ext == base || utf8.RuneCountInString(ext) > maxExtension {
		return ""
	}
	return ext
}
