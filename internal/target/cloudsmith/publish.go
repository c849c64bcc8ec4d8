package cloudsmith

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Publish is stage.Target's. Calls for the same coordinates follow each other,
// and the second adopts what the first has made.
func (t *Target) Publish(ctx context.Context, p stage.Publication) (stage.Package, error) {
	key := keyOf(p.Coordinates)
	unlock, err := t.locks.lock(ctx, key)
	if err != nil {
		return stage.Package{}, err
	}
	defer unlock()

	if pkg, found, err := t.existing(ctx, key, p); found || err != nil {
		return pkg, err
	}
	t.catalog.claim(key)
	file, err := t.send(ctx, p)
	if err != nil {
		return stage.Package{}, err
	}
	return t.create(ctx, key, p, file)
}

func (t *Target) origin(uploaded time.Time) stage.Origin {
	if t.ours(uploaded) {
		return stage.OriginAdopted
	}
	return stage.OriginExisting
}

const (
	// createPatience is how long a create waits for the governor. The bytes
	// are there already; giving up would send them again.
	createPatience = 2 * time.Minute
	// createTries bounds creates that certainly had no effect.
	createTries = 3
)

// create makes a package of an upload. It is sent again only after an answer,
// or the lack of a connection, that rules out an effect.
func (t *Target) create(ctx context.Context, key coordKey, p stage.Publication, file string) (stage.Package, error) {
	var e entry
	var err error
	for range createTries {
		e = entry{}
		err = t.do(ctx, t.createRequest(p, file), decodeInto(&e, func() error {
			if e.Slug == "" {
				return errors.New("the package has no identifier")
			}
			return nil
		}))
		if !withoutEffect(err) || !worthRepeating(err) || ctx.Err() != nil {
			break
		}
	}
	switch status := statusOf(err); {
	case err == nil:
		return t.created(key, p, &e), nil
	case withoutEffect(err):
		return stage.Package{}, err
	case status == http.StatusBadRequest, status == http.StatusConflict, status == http.StatusUnprocessableEntity:
		return t.afterRefusal(ctx, key, p, err)
	case stage.ClassOf(err) == stage.Halted, stage.ClassOf(err) == stage.Permanent:
		return stage.Package{}, err
	default:
		return t.afterUnclear(ctx, key, p, err)
	}
}

func (t *Target) createRequest(p stage.Publication, file string) request {
	c := p.Coordinates
	return request{
		kind: KindCreate, method: http.MethodPost, patience: createPatience,
		url: t.apiURL("packages", t.owner, t.repo, "upload", c.Format),
		json: createRequest{
			File: file, Filepath: c.Filepath, Name: c.Name, Version: c.Version,
		},
	}
}

// withoutEffect says that a request certainly did nothing: it was refused for
// want of budget before anything else, or never left.
func withoutEffect(err error) bool {
	if err == nil {
		return false
	}
	if statusOf(err) == http.StatusTooManyRequests {
		return true
	}
	te, ok := errors.AsType[*transportError](err)
	return ok && !te.sent
}

// worthRepeating says that a create without effect may pass a moment later. A
// governor that would not admit it within its patience will not do so now.
func worthRepeating(err error) bool { return statusOf(err) != 0 || retryable(err) }

func (t *Target) created(key coordKey, p stage.Publication, e *entry) stage.Package {
	t.unclear.delete(key)
	at := e.UploadedAt.Time
	t.catalog.made(key, e.Slug, p.Digests.SHA256, p.Size, at)
	return stage.Package{ID: e.Slug, Coordinates: p.Coordinates, Origin: stage.OriginCreated, UploadedAt: at}
}

// afterRefusal finds out whether a create was refused because the package is
// there already. The statuses differ by format, so only looking tells.
func (t *Target) afterRefusal(ctx context.Context, key coordKey, p stage.Publication, refused error) (stage.Package, error) {
	s, err := t.lookUp(ctx, p.Coordinates)
	if err != nil {
		t.unclear.set(key, struct{}{})
		return stage.Package{}, fmt.Errorf("looking whether the package is there already: %w", err)
	}
	if pkg, found, err := t.judge(ctx, key, p, s); found || err != nil {
		return pkg, err
	}
	r, _ := errors.AsType[*refusal](refused)
	if r.status == http.StatusConflict || saysDuplicate(r.Error()) {
		// It is there, and the index does not show it yet.
		t.unclear.set(key, struct{}{})
		return stage.Package{}, stage.Retry(refused, stage.Code("duplicate"))
	}
	if len(r.fields["package_file"]) > 0 {
		// The upload has expired or was used up; sending it again helps.
		return stage.Package{}, stage.Retry(refused, stage.Code("upload-expired"))
	}
	return stage.Package{}, refused
}

// afterUnclear looks for a package whose create had no clear outcome, for a
// short while since the index may lag. Whatever is not found by then may still
// appear, so every later call for these coordinates looks first.
func (t *Target) afterUnclear(ctx context.Context, key coordKey, p stage.Publication, cause error) (stage.Package, error) {
	t.unclear.set(key, struct{}{})
	for i := 0; ; i++ {
		if err := ctx.Err(); err != nil {
			return stage.Package{}, fmt.Errorf("%w after a create of unclear outcome", err)
		}
		s, err := t.lookUp(ctx, p.Coordinates)
		if err == nil {
			if len(s.done)+len(s.pending) > 0 {
				pkg, _, err := t.judge(ctx, key, p, s)
				return pkg, err
			}
		} else if !retryable(err) {
			return stage.Package{}, fmt.Errorf("looking for a package whose create had no clear outcome: %w", err)
		}
		if i == len(t.opts.LookAgain) {
			return stage.Package{}, stage.Retry(fmt.Errorf("the create had no clear outcome: %w", cause), stage.Code("unclear"))
		}
		if err := sleep(ctx, t.opts.LookAgain[i], nil); err != nil {
			return stage.Package{}, fmt.Errorf("%w after a create of unclear outcome", err)
		}
	}
}
