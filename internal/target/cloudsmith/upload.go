package cloudsmith

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// uploadTries bounds how often the same bytes are sent in one call. Sending
// them again is harmless: an upload without a create is no package.
const uploadTries = 3

// uploadPause is between two tries.
const uploadPause = 300 * time.Millisecond

// send gets the bytes of p across and returns the identifier for create.
func (t *Target) send(ctx context.Context, p stage.Publication) (string, error) {
	if p.Size >= t.opts.MultipartThreshold {
		return t.sendParts(ctx, p)
	}
	return t.sendWhole(ctx, p)
}

// sendWhole sends the bytes in one request.
func (t *Target) sendWhole(ctx context.Context, p stage.Publication) (string, error) {
	u := joinPath(t.upload, false, t.owner, t.repo, p.Coordinates.Filename)
	label := http.MethodPut + " " + u.EscapedPath() + " at the upload host"
	var id identifier
	for try := 1; ; try++ {
		next, err := t.sendBody(ctx, p, u, label, &id)
		switch {
		case err == nil && next == nil:
			return id.Identifier, nil
		case err == nil:
			u = next
		case statusOf(err) == http.StatusNotFound:
			return "", t.explain404(ctx, err)
		case !brokenLine(err):
			return "", err
		}
		if try == uploadTries {
			if err == nil {
				err = stage.Retry(fmt.Errorf("%s: too many redirects", label))
			}
			return "", err
		}
		if err := sleep(ctx, time.Duration(try)*uploadPause, nil); err != nil {
			return "", err
		}
	}
}

// brokenLine says that the connection failed, not the server and not us.
func brokenLine(err error) bool {
	_, ok := errors.AsType[*transportError](err)
	return ok && stage.ClassOf(err) == stage.Retryable
}

func (t *Target) sendBody(ctx context.Context, p stage.Publication, u *url.URL, label string, id *identifier) (*url.URL, error) {
	progress := func() {}
	body, err := openBody(ctx, p, func(n int) { progress(); t.counters.bytes.Add(int64(n)) })
	if err != nil {
		return nil, err
	}
	defer body.close()
	if p.Size == 0 {
		if err := body.checkEmpty(); err != nil {
			return nil, err
		}
	}
	next, err := t.once(ctx, exchange{
		kind: KindUpload, method: http.MethodPut, url: u, label: label, patience: patience,
		limit: t.idle, idle: true, progress: &progress, body: body, size: p.Size,
		header: http.Header{"Content-Sha256": {p.Digests.SHA256}},
		read: decodeInto(id, func() error {
			if id.Identifier == "" {
				return errors.New("there is no identifier in it")
			}
			return nil
		}),
	})
	if body.err != nil && ctx.Err() == nil {
		return nil, body.err
	}
	return next, rejectedBytes(err)
}

// rejectedBytes overrules the class of an upload that the server refused for
// its content. We hashed the bytes as they left, so they changed on the way,
// and reading them again is the remedy. A refusal that names a field is about
// the request instead.
func rejectedBytes(err error) error {
	r, ok := errors.AsType[*refusal](err)
	if !ok || r.html || (r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity) {
		return err
	}
	for field := range r.fields {
		if field != "non_field_errors" && field != "sha256_checksum" && field != "md5_checksum" {
			return err
		}
	}
	return stage.Retry(fmt.Errorf("%w: %w", stage.ErrClaimGone, r), stage.Code("checksum"))
}

// decodeInto reads a JSON answer and checks it.
func decodeInto(into any, check func() error) func(*http.Response) error {
	return func(resp *http.Response) error {
		if err := json.NewDecoder(io.LimitReader(resp.Body, 4*mib)).Decode(into); err != nil {
			return err
		}
		if check == nil {
			return nil
		}
		return check()
	}
}
