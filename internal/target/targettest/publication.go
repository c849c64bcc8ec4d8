package targettest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// content is bytes to publish; it counts how often they were opened.
type content struct {
	data  []byte
	opens atomic.Int32
}

func bytesOf(s string) *content { return &content{data: []byte(s)} }

func (c *content) sha256() string {
	sum := sha256.Sum256(c.data)
	return hex.EncodeToString(sum[:])
}

func (c *content) open(context.Context) (io.ReadCloser, error) {
	c.opens.Add(1)
	return io.NopCloser(bytes.NewReader(c.data)), nil
}

func (c *content) at(where stage.Coordinates) stage.Publication {
	return stage.Publication{
		Coordinates: where,
		Size:        int64(len(c.data)),
		Digests:     stage.Digests{SHA256: c.sha256()},
		Open:        c.open,
	}
}

func doubtful(p stage.Publication) stage.Publication {
	p.Doubt = true
	return p
}

func mustPublish(t *testing.T, target stage.Target, p stage.Publication) stage.Package {
	t.Helper()
	pkg, err := target.Publish(t.Context(), p)
	if err != nil {
		t.Fatalf("publishing: %v", err)
	}
	if pkg.ID == "" {
		t.Fatal("the published package has no ID")
	}
	if pkg.Coordinates != p.Coordinates {
		t.Fatalf("the published package is at %+v, want %+v", pkg.Coordinates, p.Coordinates)
	}
	switch pkg.Origin {
	case stage.OriginCreated, stage.OriginAdopted, stage.OriginExisting:
	default:
		t.Fatalf("the published package has the origin %q", pkg.Origin)
	}
	return pkg
}

// patience bounds how long the suite asks for a status. Status answers from
// memory, so asking is cheap, and a target may look at its far side only every
// other moment.
const patience = 20 * time.Second

// settled asks for the status of p until it is final.
func settled(t *testing.T, target stage.Target, p stage.Package) stage.PackageStatus {
	t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		s, err := target.Status(t.Context(), p)
		if err != nil {
			t.Fatalf("status of %s: %v", p.ID, err)
		}
		if s.State != stage.SyncPending {
			return s
		}
		if time.Since(start) > patience {
			t.Fatalf("package %s is still pending after %v", p.ID, patience)
		}
	}
}

// only returns the single entry at c.
func only(t *testing.T, h Harness, c stage.Coordinates) Entry {
	t.Helper()
	entries := h.Entries(t, c)
	if len(entries) != 1 {
		t.Fatalf("the far side holds %d entries at %+v, want 1: %+v", len(entries), c, entries)
	}
	return entries[0]
}

func none(t *testing.T, h Harness, c stage.Coordinates) {
	t.Helper()
	if entries := h.Entries(t, c); len(entries) != 0 {
		t.Fatalf("the far side holds %d entries at %+v, want none: %+v", len(entries), c, entries)
	}
}
