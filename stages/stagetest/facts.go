package stagetest

import (
	"bytes"
	"context"
	"crypto/md5" // a digest that some formats ask for
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Run identity and names of what the World makes by itself.
const (
	RunName stage.RunID = "trial"
	// SubjectKey is the key of the object that the default input is about.
	SubjectKey = "pool/widget 1.2.3+ü.tar.gz"
	// ForeignLabel is on every input: a stage that the suite's subject does
	// not know has left it there.
	ForeignLabel = "foreign"
)

// Subject is the object that the default input is about, as a listing tells
// it. It is put into the source on the first call.
func (w *World) Subject() stage.Object {
	ctx := context.Background()
	if o, err := w.Source.Stat(ctx, Bucket, SubjectKey); err == nil {
		o.VersionID = ""
		return o
	}
	return w.Source.Put(SubjectKey, Content(SubjectKey))
}

// Content is what the World puts into objects: a few reads long, another for
// each key, the same each time.
func Content(key string) []byte {
	r := rand.NewChaCha8(sha256.Sum256([]byte(key)))
	content := make([]byte, 5*readSize-123)
	r.Read(content) // never fails; it need only be reproducible
	return content
}

// Envelope returns an envelope about Subject with the given facts, made for
// real: the claim is staged, the package is published and processed. Labels
// that are asked for get a value. It panics on a fact that no envelope can
// carry.
func (w *World) Envelope(facts ...stage.Fact) stage.Envelope {
	o := w.Subject()
	e := stage.Envelope{Run: RunName, ID: o.ID()}
	e.Artifact.Labels = map[string]string{ForeignLabel: "left by another stage"}
	for _, f := range facts {
		w.add(&e, f, o)
	}
	return e
}

func (w *World) add(e *stage.Envelope, f stage.Fact, o stage.Object) {
	a := &e.Artifact
	switch f {
	case stage.FactShard:
		a.Shard = w.shard()
		e.ID = stage.NewObjectID(Bucket, a.Shard.Prefix)
	case stage.FactObject:
		a.Object = &o
	case stage.FactClaim:
		claim := w.Stage(o)
		a.Claim = &claim
	case stage.FactDigests:
		a.Digests = w.digests(o)
	case stage.FactPackage:
		p := w.publish(o)
		a.Package = &p
	case stage.FactVerdict:
		sum := w.digests(o).SHA256
		a.Verdict = &stage.Verdict{
			Disposition: stage.Verified, Class: stage.ClassExact, SourceProof: stage.ProofMD5,
			SHA256: sum, TargetSHA256: sum, TargetSize: o.Size,
		}
	case stage.FactTransition:
		a.Transition = &stage.Transition{
			Stage: "enumerate", Outcome: stage.Passed, At: epoch, Took: time.Millisecond,
			Topic: "shards", Partition: 3, Offset: 7, Found: []stage.Object{o},
		}
	default:
		name, ok := f.Label()
		if !ok {
			panic(f.Validate())
		}
		a.Labels[name] = "value of " + name
	}
}

// shard is a listing of two pages, at its first.
func (w *World) shard() *stage.Shard {
	dir := path.Dir(SubjectKey) + "/"
	for _, name := range []string{"anvil-2.0.zip", "gadget-0.1.whl", "sprocket-7.rpm"} {
		w.Source.Put(dir+name, Content(name))
	}
	w.Source.PageSize(2)
	return &stage.Shard{Prefix: dir, Listing: 1}
}

// Stage puts the bytes of o into the staging area, as fetch does.
func (w *World) Stage(o stage.Object) stage.Claim {
	claim := must(w.Staging.Put(context.Background(), stage.NewClaimName(o), o.Size, bytes.NewReader(w.read(o))))
	claim.Proof = stage.ProofMD5
	return claim
}

func (w *World) digests(o stage.Object) *stage.Digests {
	content := w.read(o)
	sha, sum := sha256.Sum256(content), md5.Sum(content)
	return &stage.Digests{SHA256: hex.EncodeToString(sha[:]), MD5: hex.EncodeToString(sum[:])}
}

// publish makes the package of o and has it processed. The fact that it
// returns is what upload would have recorded: the target's answer before that.
func (w *World) publish(o stage.Object) stage.Package {
	content := w.read(o)
	p := must(w.Target.Publish(context.Background(), stage.Publication{
		Coordinates: stage.Coordinates{Format: "generic", Filename: path.Base(o.Key), Filepath: o.Key},
		Size:        o.Size,
		Digests:     *w.digests(o),
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(content)), nil
		},
	}))
	w.Target.Sync()
	return p
}

func (w *World) read(o stage.Object) []byte {
	r := must(w.Source.Open(context.Background(), o))
	return must(io.ReadAll(r))
}

// must is for the bare ports, which fail only if a test asked for it.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Errorf("arranging the world: %w", err))
	}
	return v
}
