package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Load reads the file and the environment over the defaults. file is what
// --config says; when it is empty the first of the usual places that exists is
// taken, and none is fine. environ is as os.Environ gives it. Flags go on top
// and Validate comes last, both by the caller.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	env := parseEnviron(environ)
	path, err := find(file, env)
	if err != nil {
		return c, err
	}
	var errs []error
	if path != "" {
		c.file = path
		if err := c.readFile(path); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, c.readEnv(env))
	return c, errors.Join(errs...)
}

// find returns the file to read, or "" for none.
func find(file string, env map[string]string) (string, error) {
	if file == "" {
		file = env["PIPELINE_CONFIG"]
	}
	if file != "" {
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("configuration file: %w: correct --config or PIPELINE_CONFIG", err)
		}
		return file, nil
	}
	places := []string{"pipeline.yaml"}
	if dir := env["XDG_CONFIG_HOME"]; dir != "" {
		places = append(places, filepath.Join(dir, "pipeline", "config.yaml"))
	} else if home := env["HOME"]; home != "" {
		places = append(places, filepath.Join(home, ".config", "pipeline", "config.yaml"))
	}
	places = append(places, "/etc/pipeline/config.yaml")
	for _, p := range places {
		_, err := os.Stat(p)
		switch {
		case err == nil:
			return p, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("configuration file: %w", err)
		}
	}
	return "", nil
}

func (c *Config) readFile(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil
	}
	if err := yaml.Load(data, c, yaml.WithKnownFields()); err != nil {
		return fmt.Errorf("configuration file %s: %s", path, describe(err))
	}
	return nil
}

// describe puts YAML's list of problems into one readable text, each with its
// line and without the names of Go types.
func describe(err error) string {
	var list *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &list):
		parts := make([]string, len(list.Errors))
		for i, e := range list.Errors {
			parts[i] = describeOne(e)
		}
		return strings.Join(parts, "; ")
	case errors.As(err, &one):
		return describeOne(one)
	}
	return err.Error()
}

func describeOne(e *yaml.LoadError) string {
	text := e.Message
	text = typeName.ReplaceAllString(text, "unknown setting $1")
	text = strings.Replace(text, "cannot construct !!str", "cannot read", 1)
	text = strings.Replace(text, "into time.Duration", "as a time such as 30s or 5m", 1)
	if e.Mark.Line > 0 && !strings.HasPrefix(text, "line ") {
		return fmt.Sprintf("line %d: %s", e.Mark.Line, text)
	}
	return text
}
