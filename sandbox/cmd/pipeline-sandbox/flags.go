package main

import (
	"errors"
	"strings"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds a value.
func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// modes is a flag FORMAT=MODE that may be repeated.
type modes map[string]emulator.DuplicateMode

func (m modes) String() string {
	var parts []string
	for format, mode := range m {
		parts = append(parts, format+"="+string(mode))
	}
	return strings.Join(parts, ",")
}

// Set adds a mode; the emulator checks it.
func (m modes) Set(value string) error {
	format, mode, found := strings.Cut(value, "=")
	if !found {
		return errors.New("want FORMAT=MODE")
	}
	m[format] = emulator.DuplicateMode(mode)
	return nil
}
