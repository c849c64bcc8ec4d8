package emulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// packSize is from when on a pack takes nothing more.
const packSize = 64 << 20

// packer puts small segments one after the other into files: making a file
// costs more than everything else that a small upload does.
type packer struct {
	dir string

	// mu is held while a segment is written, so that a file is never closed
	// under a writer.
	mu      sync.Mutex
	next    uint64
	current *pack
}

// pack is a file of segments. It is removed with the last of them; readers
// that have it open go on.
type pack struct {
	path string
	// file is nil once the pack takes nothing more.
	file *os.File
	used int64
	live int
}

// put appends data.
func (pk *packer) put(data []byte) (segment, error) {
	pk.mu.Lock()
	defer pk.mu.Unlock()
	p := pk.current
	if p == nil {
		pk.next++
		path := filepath.Join(pk.dir, "pack-"+strconv.FormatUint(pk.next, 36))
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return segment{}, fmt.Errorf("storing bytes: %w", err)
		}
		p = &pack{path: path, file: f}
		pk.current = p
	}
	if _, err := p.file.WriteAt(data, p.used); err != nil {
		return segment{}, fmt.Errorf("storing bytes: %w", err)
	}
	seg := segment{path: p.path, offset: p.used, size: int64(len(data)), pack: p}
	p.used += seg.size
	p.live++
	if p.used >= packSize {
		return seg, pk.seal()
	}
	return seg, nil
}

// drop gives up one segment of p.
func (pk *packer) drop(p *pack) {
	pk.mu.Lock()
	defer pk.mu.Unlock()
	if p.live--; p.live > 0 {
		return
	}
	if p == pk.current {
		_ = pk.seal()
	}
	_ = os.Remove(p.path)
}

// seal ends the current pack. pk.mu is held.
func (pk *packer) seal() error {
	f := pk.current.file
	pk.current.file, pk.current = nil, nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("storing bytes: %w", err)
	}
	return nil
}

// clear removes the directory with everything in it.
func (pk *packer) clear() error {
	pk.mu.Lock()
	defer pk.mu.Unlock()
	var err error
	if pk.current != nil {
		err = pk.seal()
	}
	if err = errors.Join(err, os.RemoveAll(pk.dir)); err != nil {
		return fmt.Errorf("removing stored bytes: %w", err)
	}
	return nil
}
