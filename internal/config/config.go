// Package config is the configuration of a migration: defaults, below a file,
// below the environment, below flags. Everything is decoded strictly and
// validated before anything starts, and everything that is wrong is reported
// at once, each with the name of the setting and the next step.
package config

import (
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/longshore/longshore/topology"
)

// Config is the whole configuration. The YAML names of its fields are the
// names of the settings in files, in the environment (PIPELINE_ with "__"
// between levels) and in error messages.
type Config struct {
	Source   Source   `yaml:"source"`
	Target   Target   `yaml:"target"`
	Staging  Staging  `yaml:"staging"`
	Delivery Delivery `yaml:"delivery"`

	// StateDir holds what makes a run resumable: broker log, ledger, staged
	// bytes, lock. Empty chooses one below the user's state directory.
	StateDir string `yaml:"state_dir"`
	// Strategy sets how many messages are in flight.
	Strategy topology.Strategy `yaml:"strategy"`
	// Prefix begins every topic name.
	Prefix string `yaml:"prefix"`
	// MetricsAddr serves /metrics, /healthz and /readyz; empty serves nothing.
	MetricsAddr string `yaml:"metrics_addr"`

	// Stages are the sections of the single stages, decoded by each of them.
	Stages map[string]yaml.Node `yaml:"stages"`

	// file is where the configuration came from, for messages.
	file string
}

// Source is where the objects are.
type Source struct {
	// URL is s3://bucket or s3://bucket/prefix.
	URL string `yaml:"url"`
	// Buffer bounds the memory for reading ahead, over all readers.
	Buffer Bytes `yaml:"buffer"`
	// ReadTimeout ends a connection that delivers nothing for so long.
	ReadTimeout time.Duration `yaml:"read_timeout"`
}

// Target is where the packages go.
type Target struct {
	// Repository is owner/repository.
	Repository string `yaml:"repository"`
	// Format is what objects become: generic or raw.
	Format string `yaml:"format"`
	// APIHost and UploadHost are base URLs.
	APIHost    string `yaml:"api_host"`
	UploadHost string `yaml:"upload_host"`
	// MultipartThreshold is the size from which on bytes go up in parts of
	// PartSize.
	MultipartThreshold Bytes `yaml:"multipart_threshold"`
	PartSize           Bytes `yaml:"part_size"`
	// APIKey comes from the environment only, so that no file holds it.
	APIKey Secret `yaml:"-"`
}

// Staging is the disk between source and target.
type Staging struct {
	// Dir holds the staged bytes; empty means a folder of StateDir.
	Dir string `yaml:"dir"`
	// Quota is how much may be staged at once. Fetching waits while it is
	// used up.
	Quota Bytes `yaml:"quota"`
}

// Delivery bounds retries and waits.
type Delivery struct {
	// Attempts is how many retryable failures an artifact may have in a stage.
	Attempts int `yaml:"attempts"`
	// DrainTimeout is how long work in flight may go on after SIGTERM.
	DrainTimeout time.Duration `yaml:"drain_timeout"`
	// HaltTimeout is how long a run waits for a halted stage (credentials,
	// full disk, …) before it gives up with exit code 75.
	HaltTimeout time.Duration `yaml:"halt_timeout"`
}

// Default is the configuration that needs nothing but source, target and key.
func Default() Config {
	return Config{
		Source: Source{Buffer: 64 << 20, ReadTimeout: 30 * time.Second},
		Target: Target{
			Format:             "generic",
			APIHost:            "https://api.cloudsmith.io",
			UploadHost:         "https://upload.cloudsmith.io",
			MultipartThreshold: 100 << 20,
			PartSize:           100 << 20,
		},
		Staging:  Staging{Quota: 10 << 30},
		Delivery: Delivery{Attempts: 10, DrainTimeout: 2 * time.Minute, HaltTimeout: 2 * time.Minute},
		Strategy: topology.Medium,
		Prefix:   "longshore",
	}
}
