package bindings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

const (
	owner = "acme"
	repo  = "lab"
)

// lab is a local Cloudsmith and the official client of it.
type lab struct {
	t      *testing.T
	server *emulator.Running
	client *cloudsmith.APIClient
	// ctx carries the key.
	ctx context.Context
	// watch has seen every answer.
	watch *watch
}

func newLab(t *testing.T, opts emulator.Options) *lab {
	t.Helper()
	opts.Repos = []string{repo, "other"}
	// Tests have small parts.
	opts.Guesses.MinPartBytes = -1
	server, err := emulator.Start("127.0.0.1:0", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	l := &lab{t: t, server: server, watch: newWatch(t)}
	config := cloudsmith.NewConfiguration()
	config.Servers = cloudsmith.ServerConfigurations{{URL: server.URL}}
	config.HTTPClient = &http.Client{Transport: l.watch, Timeout: time.Minute}
	l.client = cloudsmith.NewAPIClient(config)
	l.ctx = withKey(t.Context(), server.APIKey())
	return l
}

// withKey is how the client is told its key.
func withKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, cloudsmith.ContextAPIKeys, map[string]cloudsmith.APIKey{"apikey": {Key: key}})
}

// at returns l for a subtest, which is then the one that fails.
func (l *lab) at(t *testing.T) *lab {
	twin := *l
	twin.t = t
	twin.watch.t = t
	return &twin
}

// put stores bytes by a direct upload, which the client does not offer, and
// returns their identifier.
func (l *lab) put(filename, body string) string {
	l.t.Helper()
	_, id, found := strings.Cut(l.send("PUT", l.server.UploadURL+"/"+owner+"/"+repo+"/"+filename, strings.NewReader(body), 200), `"identifier":"`)
	if !found {
		l.t.Fatal("a direct upload answers without an identifier")
	}
	id, _, _ = strings.Cut(id, `"`)
	return id
}

// send makes a request that the client has no call for.
func (l *lab) send(method, url string, body io.Reader, want int) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.ctx, method, url, body)
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", l.server.APIKey())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	if resp.StatusCode != want {
		l.t.Fatalf("%s %s: %d %s, want %d", method, url, resp.StatusCode, data, want)
	}
	return string(data)
}

// generic makes a generic package and returns its permanent slug.
func (l *lab) generic(filepath, body string) string {
	l.t.Helper()
	base := filepath[strings.LastIndex(filepath, "/")+1:]
	p, _, err := l.client.PackagesApi.PackagesUploadGeneric(l.ctx, owner, repo).
		Data(*cloudsmith.NewGenericPackageUploadRequest(filepath, l.put(base, body))).Execute()
	l.ok(err)
	return p.GetSlugPerm()
}

// ok ends the test where a call did not succeed.
func (l *lab) ok(err error) {
	l.t.Helper()
	if err == nil {
		return
	}
	if api, is := err.(*cloudsmith.GenericOpenAPIError); is {
		l.t.Fatalf("%v: %s", err, api.Body())
	}
	l.t.Fatal(err)
}

// status wants an answer's status.
func (l *lab) status(resp *http.Response, err error, want int) {
	l.t.Helper()
	l.ok(err)
	if resp.StatusCode != want {
		l.t.Errorf("status %d, want %d", resp.StatusCode, want)
	}
}

// same wants two values to be equal.
func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func ptr[T any](v T) *T { return &v }

// statusOf downloads with an entitlement token.
func statusOf(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
