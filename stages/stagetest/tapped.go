package stagetest

import (
	"context"
	"errors"
	"io"

	"github.com/longshore/longshore/stages/stage"
)

// The tapped ports are the wrappers that faults are injected by: the same
// interfaces, each call led through the tap.

type tappedSource struct {
	port stage.Source
	tap  *tap
}

func (s tappedSource) List(ctx context.Context, sh stage.Shard) (page stage.Page, err error) {
	err = s.tap.through(ctx, SourceList, func() (err error) { page, err = s.port.List(ctx, sh); return })
	return orZero(page, err)
}

func (s tappedSource) Stat(ctx context.Context, bucket, key string) (o stage.Object, err error) {
	err = s.tap.through(ctx, SourceStat, func() (err error) { o, err = s.port.Stat(ctx, bucket, key); return })
	return orZero(o, err)
}

func (s tappedSource) Open(ctx context.Context, o stage.Object) (stage.Body, error) {
	var body stage.Body
	err := s.tap.through(ctx, SourceOpen, func() (err error) { body, err = s.port.Open(ctx, o); return })
	if err != nil {
		return nil, err
	}
	return tappedBody{tappedReader{ctx, body, s.tap, SourceRead}, body}, nil
}

func (s tappedSource) OpenRange(ctx context.Context, o stage.Object, off, length int64) (io.ReadCloser, error) {
	var r io.ReadCloser
	err := s.tap.through(ctx, SourceOpenRange, func() (err error) { r, err = s.port.OpenRange(ctx, o, off, length); return })
	if err != nil {
		return nil, err
	}
	return tappedReader{ctx, r, s.tap, SourceRead}, nil
}

type tappedTarget struct {
	port stage.Target
	tap  *tap
}

func (t tappedTarget) Find(ctx context.Context, c stage.Coordinates) (p stage.Package, err error) {
	err = t.tap.through(ctx, TargetFind, func() (err error) { p, err = t.port.Find(ctx, c); return })
	return orZero(p, err)
}

func (t tappedTarget) Publish(ctx context.Context, pub stage.Publication) (p stage.Package, err error) {
	err = t.tap.through(ctx, TargetPublish, func() (err error) { p, err = t.port.Publish(ctx, pub); return })
	return orZero(p, err)
}

func (t tappedTarget) Status(ctx context.Context, p stage.Package) (s stage.PackageStatus, err error) {
	err = t.tap.through(ctx, TargetStatus, func() (err error) { s, err = t.port.Status(ctx, p); return })
	return orZero(s, err)
}

func (t tappedTarget) Remove(ctx context.Context, p stage.Package) error {
	return t.tap.through(ctx, TargetRemove, func() error { return t.port.Remove(ctx, p) })
}

type tappedStaging struct {
	port stage.Staging
	tap  *tap
}

func (s tappedStaging) Put(ctx context.Context, name stage.ClaimName, size int64, r io.Reader) (c stage.Claim, err error) {
	err = s.tap.through(ctx, StagingPut, func() (err error) { c, err = s.port.Put(ctx, name, size, r); return })
	return orZero(c, err)
}

func (s tappedStaging) Open(ctx context.Context, c stage.Claim) (io.ReadCloser, error) {
	var r io.ReadCloser
	err := s.tap.through(ctx, StagingOpen, func() (err error) { r, err = s.port.Open(ctx, c); return })
	if err != nil {
		return nil, err
	}
	return tappedReader{context.WithoutCancel(ctx), r, s.tap, StagingRead}, nil
}

func (s tappedStaging) Release(ctx context.Context, name stage.ClaimName) error {
	return s.tap.through(ctx, StagingRelease, func() error { return s.port.Release(ctx, name) })
}

type tappedLedger struct {
	port stage.Ledger
	tap  *tap
}

func (l tappedLedger) Fold(ctx context.Context, events ...stage.Envelope) error {
	return l.tap.through(ctx, LedgerFold, func() error { return l.port.Fold(ctx, events...) })
}

func (l tappedLedger) Settled(ctx context.Context, objects []stage.Object) (m map[stage.ObjectID]stage.Disposition, err error) {
	err = l.tap.through(ctx, LedgerSettled, func() (err error) { m, err = l.port.Settled(ctx, objects); return })
	return orZero(m, err)
}

// tappedReader leads each Read through the tap. ctx is the one that the reader
// was opened with, as an HTTP body has it.
type tappedReader struct {
	ctx context.Context //nolint:containedctx // a body lives as long as its request
	r   io.ReadCloser
	tap *tap
	op  Op
}

func (r tappedReader) Read(p []byte) (n int, err error) {
	err = r.tap.through(r.ctx, r.op, func() (err error) { n, err = r.r.Read(p); return })
	if err != nil && !errors.Is(err, io.EOF) {
		n = 0
	}
	return n, err
}

func (r tappedReader) Close() error { return r.r.Close() }

type tappedBody struct {
	tappedReader
	body stage.Body
}

func (b tappedBody) Proof() stage.Proof { return b.body.Proof() }

// orZero hides the answer of a call that failed: a lost answer is lost whole.
func orZero[T any](v T, err error) (T, error) {
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}
