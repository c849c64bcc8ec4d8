package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/longshore/longshore/stages/stage"
)

// Open implements stage.Staging. What it returns does not buffer. The bytes
// stay readable if the claim is released or put again meanwhile.
func (s *Staging) Open(ctx context.Context, c stage.Claim) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, _, err := location(c.Name)
	if err != nil {
		return nil, err
	}
	f, err := s.root.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("opening %s: %w", c.Name, stage.ErrClaimGone)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Name, s.o.classify("opening the file", err))
	}
	if err := s.check(f, c); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", c.Name, err), f.Close())
	}
	return f, nil
}

// check compares the length. The checksum is for the reader to compare, who
// reads all the bytes anyway.
func (s *Staging) check(f *os.File, c stage.Claim) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return s.o.classify("asking for the size", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("not a file: %w", stage.ErrClaimGone)
	case info.Size() != c.Size:
		return fmt.Errorf("%d bytes where %d were claimed: %w", info.Size(), c.Size, stage.ErrClaimGone)
	}
	return nil
}

// Release implements stage.Staging.
func (s *Staging) Release(ctx context.Context, name stage.ClaimName) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, folder, err := location(name)
	if err != nil {
		return err
	}
	s.renames[folder].Lock()
	defer s.renames[folder].Unlock()
	if err := s.root.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("releasing %s: %w", name, s.o.classify("removing the file", err))
	}
	s.room.release(name)
	return nil
}
