package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// typeName matches YAML's message about a key that no field has.
var typeName = regexp.MustCompile(`field (\w+) not found in type [\w.]+`)

const envPrefix = "PIPELINE_"

func parseEnviron(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok {
			env[name] = value
		}
	}
	return env
}

// readEnv takes PIPELINE_… variables and the ones that other tools of this
// field use too.
func (c *Config) readEnv(env map[string]string) error {
	var errs []error
	var names []string
	for name := range env {
		if strings.HasPrefix(name, envPrefix) && name != "PIPELINE_CONFIG" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := c.setFromEnv(name, env[name]); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %s", name, describe(err)))
		}
	}
	if v := env["CLOUDSMITH_API_HOST"]; v != "" {
		c.Target.APIHost = v
	}
	if v := env["CLOUDSMITH_UPLOAD_HOST"]; v != "" {
		c.Target.UploadHost = v
	}
	key, err := secretFromEnv(env, "CLOUDSMITH_API_KEY")
	c.Target.APIKey = key
	return errors.Join(append(errs, err)...)
}

// setFromEnv loads one variable as if it were a line of the file.
func (c *Config) setFromEnv(name, value string) error {
	levels := strings.Split(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "__")
	var doc any
	if err := yaml.Load([]byte(value), &doc); err != nil || doc == nil {
		doc = value // text that is no YAML, and the empty text, stand for themselves
	}
	for _, level := range slices.Backward(levels) {
		doc = map[string]any{level: doc}
	}
	data, err := yaml.Dump(doc)
	if err != nil {
		return err
	}
	return yaml.Load(data, c, yaml.WithKnownFields())
}

// secretFromEnv reads name, or the file that name_FILE names, as mounted
// secrets are given.
func secretFromEnv(env map[string]string, name string) (Secret, error) {
	if v := strings.TrimSpace(env[name]); v != "" {
		return Secret(v), nil
	}
	file := env[name+"_FILE"]
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("environment variable %s_FILE: %w", name, err)
	}
	return Secret(strings.TrimSpace(string(data))), nil
}
