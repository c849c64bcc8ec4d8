package format

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/longshore/longshore/stages/stage"
)

// maxFilepath is the target's limit in characters, not bytes.
const maxFilepath = 2083

// Generic keeps the key as it is: the file path is the package's identity and
// part of its download URL. It is the natural home of opaque objects.
type Generic struct{}

// Name is "generic".
func (Generic) Name() string { return "generic" }

// Coordinates puts the key into Filepath. Keys that a URL or a server may
// normalise into another key are refused.
func (Generic) Coordinates(o stage.Object) (stage.Coordinates, error) {
	if err := checkText(o.Key); err != nil {
		return stage.Coordinates{}, err
	}
	if err := checkPath(o.Key); err != nil {
		return stage.Coordinates{}, err
	}
	return stage.Coordinates{
		Format:   Generic{}.Name(),
		Filename: filename(o.Key),
		Filepath: o.Key,
	}, nil
}

// checkPath refuses keys that do not survive as a path.
func checkPath(key string) error {
	if n := utf8.RuneCountInString(key); n > maxFilepath {
		return unmappable(key, "%d characters are more than the %d of a file path", n, maxFilepath)
	}
	if strings.HasPrefix(key, "/") {
		return unmappable(key, "it begins with a slash")
	}
	if strings.HasSuffix(key, "/") {
		return unmappable(key, "it ends with a slash")
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch segment {
		case "":
			return unmappable(key, "it holds an empty segment (//)")
		case ".", "..":
			return unmappable(key, "the segment %q would be resolved", segment)
		}
	}
	return nil
}

// filename is the base name of key, shortened if need be. It is no part of a
// package's identity where the format has a path or a name.
func filename(key string) string {
	base := path.Base(key)
	return shorten(base, maxFilename, extension(base))
}
