package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// configFile is the file of --config. Fields that it does not name are errors.
type configFile struct {
	// Cloudsmith are the options of the local Cloudsmith.
	Cloudsmith emulator.Options `yaml:"cloudsmith"`
	// Faults are set at the start, in the form of POST /_emulator/faults.
	Faults []map[string]any `yaml:"faults"`
}

// load reads the file of --config into s. Flags come later and win.
func (s *settings) load(name string) error {
	if name == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return usageError{fmt.Errorf("--config: %w", err)}
	}
	c := configFile{Cloudsmith: s.emulator}
	if err := yaml.Load(data, &c, yaml.WithKnownFields()); err != nil {
		return usageError{fmt.Errorf("--config: %s: %w", name, err)}
	}
	if c.Cloudsmith.Duplicates == nil {
		c.Cloudsmith.Duplicates = s.emulator.Duplicates
	}
	s.emulator = c.Cloudsmith
	for i, f := range c.Faults {
		data, err := json.Marshal(f)
		if err == nil {
			err = (*faults)(&s.faults).Set(string(data))
		}
		if err != nil {
			return usageError{fmt.Errorf("--config: %s: fault %d: %w", name, i+1, err)}
		}
	}
	return nil
}

// configOf finds --config before the other flags are read, whose defaults the
// file decides. What is wrong with them is said later.
func configOf(args []string) string {
	for i, arg := range args {
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		switch {
		case !strings.HasPrefix(arg, "-") || name != "config":
		case joined:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// faults is a flag that takes a fault in JSON, or a list of them, and may be
// repeated.
type faults []emulator.Fault

func (f *faults) String() string { return fmt.Sprintf("%d faults", len(*f)) }

// Set adds what value holds; the emulator checks it.
func (f *faults) Set(value string) error {
	more, err := emulator.ParseFaults([]byte(value))
	*f = slices.Concat(*f, more)
	return err
}

// guesses is a flag NAME=VALUE that may be repeated. Names and values are those
// of the file.
type guesses struct{ to *emulator.Guesses }

func (guesses) String() string { return "" }

// Set turns a guess round.
func (g guesses) Set(value string) error {
	name, value, found := strings.Cut(value, "=")
	if !found {
		return errors.New("want NAME=VALUE")
	}
	return yaml.Load([]byte(name+": "+value), g.to, yaml.WithKnownFields())
}
