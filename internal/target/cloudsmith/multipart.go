package cloudsmith

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// maxParts is S3's limit, which is probably behind this.
const maxParts = 10_000

// sendParts sends the bytes in parts, one after the other and none of them
// held in memory: files create, the parts, complete.
func (t *Target) sendParts(ctx context.Context, p stage.Publication) (string, error) {
	var files filesAnswer
	var base *url.URL
	err := t.do(ctx, request{
		kind: KindFiles, method: http.MethodPost, url: t.apiURL("files", t.owner, t.repo),
		json: filesRequest{
			Filename: p.Coordinates.Filename, Method: "put_parts",
			MD5: p.Digests.MD5, SHA256: p.Digests.SHA256,
		},
	}, decodeInto(&files, func() (err error) {
		base, err = url.Parse(files.URL)
		if err != nil || base.Host == "" || files.Identifier == "" {
			return errors.New("it names no identifier and address for the parts")
		}
		return nil
	}))
	if err != nil {
		return "", err
	}
	if base.Scheme != "https" && !t.trusted(base) {
		return "", stage.Halt(errors.New("the service names an upload address in the clear"), stage.Code("upload-host"),
			stage.Hint("check CLOUDSMITH_API_HOST: %s sends uploads to plain http", t.api.Host))
	}
	u := &partsUpload{t: t, p: p, id: files.Identifier, base: base}
	defer u.close()
	if err := u.run(ctx); err != nil {
		u.abort(ctx)
		return "", err
	}
	return u.id, nil
}

// partsUpload is one upload in parts.
type partsUpload struct {
	t        *Target
	p        stage.Publication
	id       string
	base     *url.URL
	body     *checkedBody
	offset   int64
	progress func()
}

func (u *partsUpload) run(ctx context.Context) error {
	// The part size grows with files that would need too many of them.
	size := max(u.t.opts.PartSize, (u.p.Size+maxParts-1)/maxParts)
	for n := 1; u.offset < u.p.Size || n == 1; n++ {
		length := min(size, u.p.Size-u.offset)
		if err := u.part(ctx, n, length); err != nil {
			return err
		}
		u.offset += length
	}
	return u.complete(ctx)
}

// part sends one part; after a broken connection once more. The body is one
// stream over all parts, so that its digest covers the whole; to repeat a part
// it is opened again and read up to there.
func (u *partsUpload) part(ctx context.Context, n int, length int64) error {
	label := fmt.Sprintf("PUT part %d of %s", n, u.p.Coordinates.Filename)
	for try := 1; ; try++ {
		err := u.open(ctx)
		if err == nil {
			err = u.put(ctx, n, length, label)
		}
		if err == nil || !brokenLine(err) || try == uploadTries {
			return err
		}
		u.close()
		if err := sleep(ctx, time.Duration(try)*uploadPause, nil); err != nil {
			return err
		}
	}
}

// open makes sure that the body stands at the offset.
func (u *partsUpload) open(ctx context.Context) error {
	if u.body != nil {
		return nil
	}
	u.progress = func() {}
	sent := int64(0)
	body, err := openBody(ctx, u.p, func(n int) {
		u.progress()
		if sent += int64(n); sent > u.offset {
			u.t.counters.bytes.Add(int64(n))
		}
	})
	if err != nil {
		return err
	}
	u.body = body
	if err := body.skip(u.offset); err != nil {
		return err
	}
	if u.p.Size == 0 {
		return body.checkEmpty()
	}
	return nil
}

func (u *partsUpload) put(ctx context.Context, n int, length int64, label string) error {
	to := *u.base
	q := to.Query()
	q.Set("upload_id", u.id)
	q.Set("part_number", strconv.Itoa(n))
	to.RawQuery = q.Encode()
	next, err := u.t.once(ctx, exchange{
		kind: KindUpload, method: http.MethodPut, url: &to, label: label, patience: patience,
		limit: u.t.idle, idle: true, progress: &u.progress,
		body: io.LimitReader(u.body, length), size: length,
	})
	switch {
	case u.body.err != nil && ctx.Err() == nil:
		return u.body.err
	case err == nil && next != nil:
		return stage.Retry(fmt.Errorf("%s: redirected, which parts do not support", label))
	case statusOf(err) == http.StatusNotFound:
		return u.t.explain404(ctx, err)
	}
	return rejectedBytes(err)
}

// complete joins the parts. After a lost answer it is asked once more; if the
// first one had arrived, the service refuses the second, and the upload begins
// again with the next delivery.
func (u *partsUpload) complete(ctx context.Context) error {
	r := request{
		kind: KindFiles, method: http.MethodPost, patience: createPatience,
		url:  u.t.apiURL("files", u.t.owner, u.t.repo, u.id, "complete"),
		json: completeRequest{UploadID: u.id, Complete: true},
	}
	err := u.t.do(ctx, r, nil)
	if err != nil && (brokenLine(err) || withoutEffect(err)) && ctx.Err() == nil {
		err = u.t.do(ctx, r, nil)
	}
	if s := statusOf(err); s == http.StatusBadRequest || s == http.StatusNotFound || s == http.StatusUnprocessableEntity {
		return stage.Retry(fmt.Errorf("joining the parts: %w", err), stage.Code("upload-expired"))
	}
	return err
}

// abort gives the parts back, also when ctx has ended.
func (u *partsUpload) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := u.t.do(ctx, request{
		kind: KindFiles, method: http.MethodPost, url: u.t.apiURL("files", u.t.owner, u.t.repo, u.id, "abort"),
		json: filesRequest{Filename: u.p.Coordinates.Filename, Method: "put_parts"},
	}, nil)
	if err != nil {
		u.t.log.Debug("an upload in parts could not be given back", "error", err)
	}
}

func (u *partsUpload) close() {
	if u.body != nil {
		u.body.close()
		u.body = nil
	}
}
