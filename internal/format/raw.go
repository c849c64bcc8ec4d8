package format

import (
	"path"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// maxName is the target's limit for the name of a raw package, in characters.
const maxName = 200

// Raw is for repositories without the generic format. It has no folders: the
// target identifies a package by name, version and file name, so the whole key
// goes into the name.
type Raw struct{}

// Name is "raw".
func (Raw) Name() string { return "raw" }

// Coordinates puts the key, shortened if need be, into Name. The version stays
// empty: it would have to be invented.
func (Raw) Coordinates(o stage.Object) (stage.Coordinates, error) {
	if err := checkText(o.Key); err != nil {
		return stage.Coordinates{}, err
	}
	if strings.HasSuffix(o.Key, "/") {
		return stage.Coordinates{}, unmappable(o.Key, "it ends with a slash, which leaves no file name")
	}
	// The file name becomes the last segment of the upload's URL.
	if base := path.Base(o.Key); base == "." || base == ".." {
		return stage.Coordinates{}, unmappable(o.Key, "the segment %q would be resolved", base)
	}
	return stage.Coordinates{
		Format:   Raw{}.Name(),
		Name:     shorten(o.Key, maxName, ""),
		Filename: filename(o.Key),
	}, nil
}
