package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/minio/crc64nvme"

	"github.com/longshore/longshore/stages/stage"
)

// Put implements stage.Staging. An object larger than the whole quota is
// permanent, with the code "too-large".
func (s *Staging) Put(ctx context.Context, name stage.ClaimName, size int64, r io.Reader) (stage.Claim, error) {
	file, folder, err := location(name)
	if err != nil {
		return stage.Claim{}, err
	}
	if size < 0 {
		return stage.Claim{}, stage.NotRetryable(fmt.Errorf("staging %s: a size of %d", name, size))
	}
	if err := s.reserve(ctx, name, size); err != nil {
		return stage.Claim{}, fmt.Errorf("waiting for room to stage %s: %w", name, err)
	}
	tmp := tmpDir + "/" + string(name) + "." + rand.Text()
	sum, err := s.write(ctx, tmp, size, r)
	if err == nil {
		err = s.publish(tmp, file, folder, name, size)
	} else {
		s.room.settle(name, 0, false)
	}
	if err != nil {
		// What cannot be removed now is swept at the next start.
		_ = s.root.Remove(tmp)
		return stage.Claim{}, fmt.Errorf("staging %s: %w", name, err)
	}
	return stage.Claim{Name: name, Size: size, CRC64NVME: fmt.Sprintf("%016x", sum)}, nil
}

// publish makes the complete file visible under its name, and ends the hold on
// its room.
func (s *Staging) publish(tmp, file string, folder int, name stage.ClaimName, size int64) error {
	s.renames[folder].Lock()
	defer s.renames[folder].Unlock()
	if err := s.rename(tmp, file); err != nil {
		s.room.settle(name, 0, false)
		if _, e := s.root.Stat(tmpDir); e == nil && errors.Is(err, os.ErrNotExist) {
			return stage.Retry(fmt.Errorf("the unfinished file was swept away: %w", err), stage.Code("staging-swept"))
		}
		return s.o.classify("renaming the file", err)
	}
	if s.o.Sync {
		if err := s.syncFolder(path.Dir(file)); err != nil {
			// Not known to be durable is not kept: whoever put it before is
			// sent back to fetch it again.
			err = errors.Join(err, s.root.Remove(file))
			s.room.settle(name, 0, false)
			s.room.release(name)
			return s.o.classify("syncing the folder", err)
		}
	}
	s.room.settle(name, size, true)
	return nil
}

// rename makes the subfolder where it is missing.
func (s *Staging) rename(tmp, file string) error {
	err := s.root.Rename(tmp, file)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := s.mkdir(path.Dir(file)); err != nil {
		return err
	}
	if s.o.Sync {
		if err := s.syncFolder("."); err != nil {
			return err
		}
	}
	return s.root.Rename(tmp, file)
}

// write copies size bytes from r into a new file and returns their CRC64NVME.
// Errors of r are the caller's business and keep their class, errors of the
// disk are classified here.
func (s *Staging) write(ctx context.Context, tmp string, size int64, r io.Reader) (sum uint64, err error) {
	f, err := s.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return 0, s.o.classify("making a file", err)
	}
	defer func() {
		// Closing may report what writing did not, on network file systems.
		if e := f.Close(); err == nil && e != nil {
			err = s.o.classify("closing the file", e)
		}
	}()
	buf := s.buffers.Get().(*[bufferSize]byte) //nolint:forcetypeassert // nothing else is in the pool
	defer s.buffers.Put(buf)

	var done int64
	for end := false; !end; {
		n, err := fill(ctx, buf[:], r)
		end = err == io.EOF //nolint:errorlint // an error that wraps it is no end
		if err != nil && !end {
			return 0, fmt.Errorf("reading byte %d of %d: %w", done+int64(n), size, err)
		}
		if done += int64(n); done > size {
			return 0, fmt.Errorf("more than the %d bytes that were announced: %w", size, stage.ErrCorrupt)
		}
		sum = crc64nvme.Update(sum, buf[:n])
		if _, err := f.Write(buf[:n]); err != nil {
			return 0, s.o.classify("writing", err)
		}
	}
	if done < size {
		return 0, fmt.Errorf("only %d of the %d bytes that were announced: %w", done, size, stage.ErrCorrupt)
	}
	if s.o.Sync {
		if err := f.Sync(); err != nil {
			return 0, s.o.classify("syncing the file", err)
		}
	}
	return sum, nil
}

// fill reads until buf is full, r ends or ctx does. Unlike io.ReadFull it hands
// on the error of r as it is: an unexpected end that r reports is no end.
func fill(ctx context.Context, buf []byte, r io.Reader) (n int, err error) {
	for n < len(buf) && err == nil {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// syncFolder makes what was renamed into a folder durable.
func (s *Staging) syncFolder(folder string) error {
	d, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
