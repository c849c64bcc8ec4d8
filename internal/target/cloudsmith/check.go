package cloudsmith

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/longshore/longshore/internal/httpx"
	"github.com/longshore/longshore/stages/stage"
)

// Account is what Check found.
type Account struct {
	// User is the slug of the key's owner.
	User string
	// ServerTime is the service's clock at the time of the check, to the
	// second: what a new migration takes as Options.Since.
	ServerTime time.Time
	// Formats lists what the service offers; empty where it does not say.
	Formats []string
	// StorageUsed and StorageLimit in bytes; 0 where the service does not say.
	StorageUsed, StorageLimit int64
}

// Offers says whether packages of a format can be made, as far as is known.
func (a Account) Offers(format string) bool {
	return len(a.Formats) == 0 || slices.Contains(a.Formats, format)
}

// Check finds out before the first byte whether hosts, key and repository are
// right, in at most four requests. Its errors are Halt and name the setting.
func (t *Target) Check(ctx context.Context) (Account, error) {
	var a Account
	header := http.Header{}
	u, err := t.whoAmI(ctx, &header)
	if err != nil {
		return a, t.unreachable(ctx, err, "CLOUDSMITH_API_HOST", t.api)
	}
	a.User = u.Slug
	a.ServerTime = httpx.ServerTime(header, t.now()).UTC()
	if err := t.repositoryExists(ctx); err != nil {
		return a, t.unreachable(ctx, err, "CLOUDSMITH_API_HOST", t.api)
	}
	if err := t.dialUpload(ctx); err != nil {
		return a, t.unreachable(ctx, err, "CLOUDSMITH_UPLOAD_HOST", t.upload)
	}

	// What follows depends on plan and permissions, and is only worth a
	// warning of the caller.
	var formats []formatInfo
	if t.get(ctx, t.apiURL("formats"), &formats) == nil {
		for _, f := range formats {
			a.Formats = append(a.Formats, f.Slug)
		}
	}
	var q quota
	if t.get(ctx, t.apiURL("quota", t.owner), &q) == nil {
		a.StorageUsed = whole(q.Usage.Raw.Storage.Used)
		a.StorageLimit = whole(q.Usage.Raw.Storage.Configured)
	}
	return a, ctx.Err()
}

func whole(n json.Number) int64 {
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return int64(f)
}

func (t *Target) get(ctx context.Context, u *url.URL, into any) error {
	return t.do(ctx, request{kind: KindCheck, method: http.MethodGet, url: u}, decodeInto(into, nil))
}

// whoAmI checks the key. An anonymous caller gets 200 too.
func (t *Target) whoAmI(ctx context.Context, header *http.Header) (user, error) {
	var u user
	decode := decodeInto(&u, nil)
	err := t.do(ctx, request{kind: KindCheck, method: http.MethodGet, url: t.apiURL("user", "self")}, func(resp *http.Response) error {
		*header = resp.Header
		return decode(resp)
	})
	if statusOf(err) == http.StatusNotFound {
		return u, stage.Halt(err, stage.Code("api-host"),
			stage.Hint("check CLOUDSMITH_API_HOST: %s does not speak Cloudsmith's API there", t.api.Host))
	}
	if err == nil && !u.Authenticated {
		return u, stage.Halt(errors.New("the service does not know the API key"), stage.Code("unauthorized"),
			stage.Hint("set CLOUDSMITH_API_KEY to a key that is valid at %s", t.api.Host))
	}
	return u, err
}

// repositoryExists relies on the table of errors for the hint of a 404.
func (t *Target) repositoryExists(ctx context.Context) error {
	return t.do(ctx, request{kind: KindCheck, method: http.MethodGet, url: t.apiURL("repos", t.owner, t.repo)}, nil)
}

// dialUpload connects to the upload host without a request. Behind a proxy
// there is nothing to learn from that.
func (t *Target) dialUpload(ctx context.Context) error {
	tr, ok := t.http.Transport.(*http.Transport)
	if !ok || tr.DialContext == nil {
		return nil
	}
	if tr.Proxy != nil {
		if proxy, err := tr.Proxy(&http.Request{URL: t.upload}); proxy != nil || err != nil {
			return nil
		}
	}
	port := t.upload.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[t.upload.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	conn, err := tr.DialContext(ctx, "tcp", net.JoinHostPort(t.upload.Hostname(), port))
	if err != nil {
		return &transportError{label: "connecting to " + t.upload.Host, err: err}
	}
	return conn.Close()
}

// unreachable makes a failure of the line before the first byte a matter for
// the operator: retrying it for ever would hide a mistyped address.
func (t *Target) unreachable(ctx context.Context, err error, setting string, host *url.URL) error {
	if ctx.Err() != nil || stage.ClassOf(err) != stage.Retryable {
		return err
	}
	return stage.Halt(err, stage.Code("unreachable"),
		stage.Hint("check %s and the network: there is no usable answer from %s", setting, host.Host))
}
