package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// RunID names the migration after what it moves where: the same source and
// target give the same name, so that the same command resumes.
func (c Config) RunID() stage.RunID {
	sum := sha256.Sum256([]byte(c.Source.URL + "\x00" + c.Target.Repository + "\x00" + c.Target.Format))
	word := strings.Trim(notWord.ReplaceAllString(strings.ToLower(c.Target.Repository), "-"), "-")
	return stage.RunID(fmt.Sprintf("%.40s-%s", word, hex.EncodeToString(sum[:4])))
}

// StateHome is the state directory: the one that is set, or one below the
// user's own, named after the migration.
func (c Config) StateHome() (string, error) {
	if c.StateDir != "" {
		return filepath.Abs(c.StateDir)
	}
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("choosing a state directory: %w: set --state-dir", err)
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "longshore", string(c.RunID())), nil
}
