package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/longshore/longshore/topology"
)

// Need says which settings a command cannot do without.
type Need uint

// Needs of commands.
const (
	NeedSource Need = 1 << iota
	NeedTarget
	NeedKey
)

var (
	slug       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
	topicWord  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

// Validate reports everything that is wrong with c, and everything that need
// asks for and c lacks.
func (c Config) Validate(need Need) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.Source.URL != "" || need&NeedSource != 0 {
		if _, _, err := c.Source.Location(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Target.Repository != "" || need&NeedTarget != 0 {
		if _, _, err := c.Target.OwnerRepo(); err != nil {
			errs = append(errs, err)
		}
	}
	if need&NeedKey != 0 && c.Target.APIKey == "" {
		bad("no API key: set CLOUDSMITH_API_KEY, or CLOUDSMITH_API_KEY_FILE to a file that holds it")
	}
	for _, h := range []struct{ setting, env, value string }{
		{"target.api_host", "CLOUDSMITH_API_HOST", c.Target.APIHost},
		{"target.upload_host", "CLOUDSMITH_UPLOAD_HOST", c.Target.UploadHost},
	} {
		u, err := url.Parse(h.value)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			bad("%s %q: set %s to a URL such as https://host", h.setting, h.value, h.env)
		}
	}
	if f := c.Target.Format; f != "generic" && f != "raw" {
		bad("target.format %q: set --package-format to generic or raw", f)
	}
	if !slices.Contains(topology.Strategies(), c.Strategy) {
		bad("strategy %q: set --strategy to small, medium or large", c.Strategy)
	}
	if !topicWord.MatchString(c.Prefix) {
		bad("prefix %q: use lower case letters, digits and hyphens", c.Prefix)
	}
	if c.Source.Buffer < 16<<20 {
		bad("source.buffer %s: give at least 16 MiB", c.Source.Buffer.String())
	}
	if c.Source.ReadTimeout <= 0 {
		bad("source.read_timeout %s: give a time above 0", c.Source.ReadTimeout)
	}
	if c.Target.PartSize < 5<<20 {
		bad("target.part_size %s: give at least 5 MiB", c.Target.PartSize.String())
	}
	if c.Target.MultipartThreshold <= 0 {
		bad("target.multipart_threshold: give a size above 0")
	}
	if c.Staging.Quota <= 0 {
		bad("staging.quota: give a size above 0")
	}
	if c.Delivery.Attempts < 1 {
		bad("delivery.attempts %d: give at least 1", c.Delivery.Attempts)
	}
	if c.Delivery.DrainTimeout <= 0 || c.Delivery.HaltTimeout <= 0 {
		bad("delivery.drain_timeout and delivery.halt_timeout: give times above 0")
	}
	return errors.Join(errs...)
}

// Location splits the source's URL.
func (s Source) Location() (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(s.URL, "s3://")
	if !ok {
		return "", "", fmt.Errorf("source %q: set --source to s3://bucket or s3://bucket/prefix", s.URL)
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if !bucketName.MatchString(bucket) {
		return "", "", fmt.Errorf("source %q: %q is no bucket name: set --source to s3://bucket or s3://bucket/prefix", s.URL, bucket)
	}
	return bucket, prefix, nil
}

// OwnerRepo splits the target's repository.
func (t Target) OwnerRepo() (owner, repo string, err error) {
	owner, repo, ok := strings.Cut(t.Repository, "/")
	if !ok || !slug.MatchString(owner) || !slug.MatchString(repo) {
		return "", "", fmt.Errorf("target %q: set --target to owner/repository", t.Repository)
	}
	return owner, repo, nil
}

// CheckStages reports sections of stages that do not exist.
func (c Config) CheckStages(names []string) error {
	var errs []error
	for name := range c.Stages {
		if !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("stages.%s: there is no such stage; there is: %s", name, strings.Join(names, ", ")))
		}
	}
	return errors.Join(errs...)
}
