//go:build conformance

package cli

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// digestNames knows the files that cases push by their MD5, so that what is on
// file does not depend on how an archive was compressed.
type digestNames struct {
	mu sync.Mutex
	// names is by digest. Of files with the same bytes it has one.
	names map[string]string
	// digests is by name.
	digests map[string]string
}

// addAll takes in every file below dir.
func (d *digestNames) addAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return d.add(dir, path)
	})
}

func (d *digestNames) add(dir, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := md5.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names == nil {
		d.names, d.digests = map[string]string{}, map[string]string{}
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	d.digests[name] = digest
	if old := d.names[digest]; old == "" || len(name) < len(old) {
		d.names[digest] = name
	}
	return nil
}

// called is how files with a digest are called.
func (d *digestNames) called(digest string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name := d.names[digest]; name != "" {
		return "<" + name + ">"
	}
	return digest
}

// calledIn renames all digests in a text.
func (d *digestNames) calledIn(text string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for digest, name := range d.names {
		text = strings.ReplaceAll(text, digest, "<md5 of "+name+">")
	}
	return text
}

// of is the MD5 of a file by name.
func (d *digestNames) of(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.digests[name]
}
