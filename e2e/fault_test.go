//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// putParts stores an object as a multipart upload of n parts of 5 MiB.
func (l *lab) putParts(key string, n int) {
	l.Helper()
	const size = 5 << 20
	data := content(len(key), n*size)
	up, err := l.s3.CreateMultipartUpload(l.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		l.Fatal(err)
	}
	var parts []types.CompletedPart
	for i := range n {
		p, err := l.s3.UploadPart(l.Context(), &s3.UploadPartInput{
			Bucket: aws.String(bucket), Key: aws.String(key), UploadId: up.UploadId, PartNumber: aws.Int32(int32(i + 1)),
			Body: bytes.NewReader(data[i*size : (i+1)*size]),
		})
		if err != nil {
			l.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: p.ETag, PartNumber: aws.Int32(int32(i + 1)), ChecksumCRC32: p.ChecksumCRC32})
	}
	_, err = l.s3.CompleteMultipartUpload(l.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String(key), UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		l.Fatal(err)
	}
	l.remember(key, data)
}

func (l *lab) wantVerified(s summary, n int64) {
	l.Helper()
	if s.Objects.Verified != n || s.Objects.Failed != 0 || s.Objects.InFlight != 0 {
		l.Errorf("objects: %+v; want %d verified", s.Objects, n)
	}
}

// TestBitsFlippedInTransit flips one bit of every object's first transfer,
// also within an object of five parts, which other movers do not notice.
func TestBitsFlippedInTransit(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("small/", 20, 5000)
	l.putParts("five-parts.bin", 5)
	p := l.proxied()
	var spoiled atomic.Int64
	p.spoil = once(func(_ *http.Request, res *http.Response) {
		spoiled.Add(1)
		res.Body = body{&flip{r: res.Body, offset: 4321}, res.Body}
	})
	s := l.migrate().must(t, 0).summary(t)
	l.wantVerified(s, 21)
	if spoiled.Load() < 21 {
		t.Errorf("only %d transfers were spoiled", spoiled.Load())
	}
	l.prove()
}

// TestTruncatedBodies ends the first transfer of every object early.
func TestTruncatedBodies(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("t/", 20, 5000)
	l.putParts("five-parts.bin", 5)
	p := l.proxied()
	var n atomic.Int64
	p.spoil = once(func(_ *http.Request, res *http.Response) {
		cut := []int64{0, 1, res.ContentLength / 2, res.ContentLength - 1}[n.Add(1)%4]
		r := io.LimitReader(res.Body, cut)
		if n.Load()%2 == 0 {
			// An orderly end: the length says the same as the bytes.
			res.ContentLength = cut
			res.Header.Set("Content-Length", fmt.Sprint(cut))
		}
		res.Body = body{r, res.Body}
	})
	l.wantVerified(l.migrate().must(t, 0).summary(t), 21)
	l.prove()
}

// TestBitsFlippedInStaging changes bytes on the staging disk while they wait.
func TestBitsFlippedInStaging(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("s/", 60, 5000)
	l.fault(emulator.Fault{Role: emulator.RoleUpload, Latency: emulator.Duration(1500 * time.Millisecond), Times: 12})
	c := l.migrate().mustStart(t)
	flipped := map[string]bool{}
	deadline := time.Now().Add(20 * time.Second)
	for len(flipped) < 40 && time.Now().Before(deadline) {
		filepath.WalkDir(filepath.Join(l.state, "staging"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || flipped[path] {
				return nil
			}
			if info, err := d.Info(); err != nil || info.Size() != 5000 {
				return nil
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return nil
			}
			defer f.Close()
			b := make([]byte, 1)
			if _, err := f.ReadAt(b, 2500); err == nil {
				b[0] ^= 1
				if _, err := f.WriteAt(b, 2500); err == nil {
					flipped[path] = true
				}
			}
			return nil
		})
		time.Sleep(10 * time.Millisecond)
	}
	if code := c.finish(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if len(flipped) < 40 {
		t.Fatalf("only %d staged files were caught", len(flipped))
	}
	l.wantVerified(c.summary(t), 60)
	l.prove()
}

// TestOverwrittenBetweenListAndFetch replaces and deletes objects after they
// were listed: the old versions are superseded, the new ones arrive whole.
func TestOverwrittenBetweenListAndFetch(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("o/", 10, 5000)
	p := l.proxied()
	var first sync.Once
	p.before = func(*http.Request) {
		first.Do(func() {
			for i := range 10 {
				key := fmt.Sprintf("o/000/object-%06d.bin", i)
				if i < 7 {
					if err := l.tryPut(context.Background(), key, content(1000+i, 6000)); err != nil {
						t.Error(err)
					}
					continue
				}
				if _, err := l.s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	s := l.migrate().must(t, 0).summary(t)
	if s.Objects.Verified != 7 || s.Objects.Superseded != 10 || s.Objects.Enumerated != 17 {
		t.Errorf("objects: %+v; want 7 verified and 10 superseded of 17", s.Objects)
	}
	l.prove()
}

// TestTargetFaults lets the far side fail in the ways that it has.
func TestTargetFaults(t *testing.T) {
	t.Parallel()
	const create = "/packages/{owner}/{repo}/upload/{format}/"
	for _, tc := range []struct {
		name  string
		fault emulator.Fault
	}{
		{"429 with Retry-After at create", emulator.Fault{Route: create, Method: "POST", Every: 5, Times: 4, Status: 429, RetryAfter: "1"}},
		{"429 without Retry-After at upload", emulator.Fault{Role: emulator.RoleUpload, Every: 7, Times: 4, Status: 429}},
		{"503 at upload", emulator.Fault{Role: emulator.RoleUpload, Every: 5, Times: 6, Status: 503}},
		{"503 at create, before the effect", emulator.Fault{Route: create, Method: "POST", Every: 5, Times: 6, Status: 503}},
		{"502 as a page of HTML, after the effect", emulator.Fault{Route: create, Method: "POST", Every: 5, Times: 6, Status: 502, HTML: true, AfterEffect: true}},
		{"the answer of create is lost", emulator.Fault{Route: create, Method: "POST", Every: 5, Times: 6, AnswerLost: true}},
		{"the answer of the upload is lost", emulator.Fault{Role: emulator.RoleUpload, Every: 5, Times: 6, AnswerLost: true}},
		{"the upload is reset in the middle", emulator.Fault{Role: emulator.RoleUpload, Every: 5, Times: 6, ResetRequest: aws.Int64(2000)}},
		{"the bytes are damaged in the store", emulator.Fault{Route: create, Method: "POST", Every: 5, Times: 3, CorruptStored: true}},
		{"the list fails", emulator.Fault{Route: "/packages/{owner}/{repo}/", Method: "GET", Times: 3, Status: 500}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, emulator.Options{SyncDelay: 500 * time.Millisecond})
			l.fill("f/", 40, 5000)
			l.fault(tc.fault)
			l.wantVerified(l.migrate().must(t, 0).summary(t), 40)
			var faults []emulator.Fault
			l.control("GET", "faults", nil, &faults)
			if len(faults) != 1 || faults[0].Fired == 0 {
				t.Errorf("the fault did not happen: %+v", faults)
			}
			l.prove()
		})
	}
}

// TestNothingIsVerifiedThatIsNotServed: when the target damages every byte it
// stores, nothing may count as verified, and the exit code says so.
func TestNothingIsVerifiedThatIsNotServed(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("d/", 5, 5000)
	l.fault(emulator.Fault{CorruptStored: true})
	c := l.migrate().must(t, 3)
	s := c.summary(t)
	if s.Objects.Verified != 0 || s.Objects.Failed != 5 || len(s.Failures) != 5 || s.Failures[0].Code != "checksum" {
		t.Errorf("summary: %+v", s)
	}
	if n := len(l.packages()); n != 0 {
		t.Errorf("%d damaged packages were left behind", n)
	}
	l.control("DELETE", "faults", nil, nil)
	l.wantVerified(l.migrate().must(t, 0).summary(t), 5)
	l.prove()
}

// TestRevokedKey: a key that is revoked in mid-run halts the run with a clear
// sentence; nothing is dead-lettered, and the same command goes on.
func TestRevokedKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fill("a/", 40, 100)
	l.fault(emulator.Fault{Route: "/packages/{owner}/{repo}/upload/{format}/", Status: 401})
	c := l.migrate("--halt-timeout", "3s").must(t, 75)
	wantOneSentence(t, c, "CLOUDSMITH_API_KEY")
	if s := c.summary(t); s.Objects.Failed != 0 {
		t.Errorf("failed: %+v", s.Objects)
	}
	l.control("DELETE", "faults", nil, nil)
	l.wantVerified(l.migrate().must(t, 0).summary(t), 40)
	l.prove()
}

// TestConflict: other bytes in place are never replaced.
func TestConflict(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.put("same.bin", content(1, 1000))
	l.put("other.bin", content(2, 1000))
	l.migrate().must(t, 0)
	time.Sleep(2 * time.Second) // the target's clock tells whole seconds
	l.put("other.bin", content(3, 1000))
	l.state += "-2" // another migration, which finds both in place
	c := l.migrate().must(t, 3)
	s := c.summary(t)
	if s.Objects.Present != 1 || s.Objects.Failed != 1 || s.Failures[0].Key != "other.bin" || s.Failures[0].Code != "conflict" {
		t.Errorf("summary: %+v", s)
	}
	if s.Failures[0].Hint == "" {
		t.Error("the failure has no hint")
	}
	if n := len(l.packages()); n != 2 {
		t.Errorf("%d packages, want the two of the first migration", n)
	}
	if text := c.stdout.String(); strings.Contains(text, emulator.DemoAPIKey) {
		t.Error("the summary shows the key")
	}
}
