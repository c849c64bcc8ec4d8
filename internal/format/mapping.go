package format

import (
	"fmt"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// MaxSize is the largest object that is accepted, in bytes. The target's
// documentation promises 5 GB for a single request, 5 GiB on other pages, and
// contradicts itself beyond that; refusing before a byte moves beats finding
// out at the end of the upload.
const MaxSize = 5 << 30

// Mapping is the configuration of how objects become packages. The stages
// that map objects (fetch, to refuse early, and upload) must be given the same
// one.
type Mapping struct {
	// Format is the name of one of All.
	Format string `json:"format" yaml:"format"`
}

// Default keeps keys as they are.
func Default() Mapping { return Mapping{Format: Generic{}.Name()} }

// Configured is the mapping that a stage's section of the configuration asks
// for; decode reads the section.
func Configured(stageName string, decode func(into any) error) (Mapping, error) {
	m := Default()
	if err := decode(&m); err != nil {
		return m, fmt.Errorf("reading the configuration of stage %s: %w", stageName, err)
	}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("stage %s: %w", stageName, err)
	}
	return m, nil
}

// Validate names the setting if the format is not known.
func (m Mapping) Validate() error {
	_, err := m.format()
	return err
}

// Coordinates says which package o becomes. Errors about o are permanent and
// carry a code and a hint.
func (m Mapping) Coordinates(o stage.Object) (stage.Coordinates, error) {
	f, err := m.format()
	if err != nil {
		return stage.Coordinates{}, err
	}
	if o.Size > MaxSize {
		return stage.Coordinates{}, stage.NotRetryable(
			fmt.Errorf("mapping %q: %d bytes are more than the %d that the target is known to take", o.Key, o.Size, int64(MaxSize)),
			stage.Code("too-large"),
			stage.Hint("leave the object out with an exclude rule of stage enumerate, or split it"))
	}
	return f.Coordinates(o)
}

func (m Mapping) format() (Format, error) {
	var names []string
	for _, f := range All() {
		if f.Name() == m.Format {
			return f, nil
		}
		names = append(names, f.Name())
	}
	return nil, fmt.Errorf("format %q is not known: use one of %s", m.Format, strings.Join(names, ", "))
}
