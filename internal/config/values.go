package config

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v4"
)

// Bytes is a size; in text it may have a unit: 512 MiB, 10GB, 1048576.
type Bytes int64

// ParseBytes reads a size.
func ParseBytes(text string) (Bytes, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<62 {
		return 0, fmt.Errorf("size %q: write a number with a unit, such as 512MiB or 10GB", text)
	}
	return Bytes(n), nil
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	var text string
	if err := n.Decode(&text); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	v, err := ParseBytes(text)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*b = v
	return nil
}

// String implements fmt.Stringer and pflag.Value.
func (b *Bytes) String() string { return humanize.IBytes(uint64(max(*b, 0))) }

// Set implements pflag.Value.
func (b *Bytes) Set(text string) error {
	v, err := ParseBytes(text)
	if err == nil {
		*b = v
	}
	return err
}

// Type implements pflag.Value.
func (b *Bytes) Type() string { return "size" }

// Secret is a value that never shows in output (I7).
type Secret string

// String masks the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "********"
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret in JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal is the secret itself, for the one client that needs it.
func (s Secret) Reveal() string { return string(s) }
