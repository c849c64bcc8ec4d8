//go:build conformance

package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// The place that cases push to.
const target = "acme/pkgs"

// syncDelay is long enough for a client that polls to see a package that is
// not ready.
const syncDelay = 500 * time.Millisecond

// rig is an emulator with a tap, and a home for the client.
type rig struct {
	*shift
	t      testing.TB
	server *emulator.Server
	http   *httptest.Server
	tap    *tap
	home   string
	// record is what the case did.
	record *transcript
	// env is added to the client's environment; a name alone removes it.
	env []string
	// anonymous and netrc say which credentials the client has: no key, or
	// others besides it.
	anonymous, netrc bool
	// unknown allows requests to paths that the emulator does not serve.
	unknown bool
}

func newRig(t testing.TB, opts emulator.Options) *rig {
	t.Helper()
	r := newStoppedRig(t, opts)
	r.http.Start()
	return r
}

// newStoppedRig lets the case say how to listen.
func newStoppedRig(t testing.TB, opts emulator.Options) *rig {
	t.Helper()
	r := &rig{shift: &shift{}, t: t, home: t.TempDir()}
	opts.Repos = []string{"pkgs", "pkgs2"}
	opts.APIKey = "conformance-key-1234"
	opts.Now = r.now
	if opts.SyncDelay == 0 {
		opts.SyncDelay = syncDelay
	}
	server, err := emulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	r.server = server
	r.record = newTranscript(t, r)
	r.tap = &tap{next: server}
	r.http = httptest.NewUnstartedServer(r.tap)
	t.Cleanup(func() {
		r.http.Close()
		if !t.Failed() {
			r.record.compare(t)
		}
		if n := r.server.Stats().Requests["unmatched"]; n > 0 && !r.unknown {
			t.Errorf("%d requests to paths that the emulator does not serve", n)
		}
		if err := r.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// at returns r for a subtest, which is then the one that fails.
func (r *rig) at(t testing.TB) *rig {
	other := *r
	other.t = t
	return &other
}

// fault sets faults by the emulator's control address, as scripts do.
func (r *rig) fault(faults ...emulator.Fault) *rig {
	r.t.Helper()
	data, err := json.Marshal(faults)
	if err != nil {
		r.t.Fatal(err)
	}
	status, body := r.do(http.MethodPost, "/_emulator/faults", data)
	if status != http.StatusCreated {
		r.t.Fatalf("setting faults: status %d, %s", status, body)
	}
	return r
}

// do sends a request of the suite's own, which the tap does not see if it goes
// to a control address.
func (r *rig) do(method, path string, body []byte) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.http.URL+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := r.http.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, data
}

// packages asks the emulator what it holds in a repository.
func (r *rig) packages(repo string) []emulator.PackageSummary {
	r.t.Helper()
	_, body := r.do(http.MethodGet, "/_emulator/packages", nil)
	var all []emulator.PackageSummary
	if err := json.Unmarshal(body, &all); err != nil {
		r.t.Fatal(err)
	}
	var out []emulator.PackageSummary
	for _, p := range all {
		if p.Repo == repo {
			out = append(out, p)
		}
	}
	return out
}

// wantPackages compares the number of packages in pkgs.
func (r *rig) wantPackages(n int) []emulator.PackageSummary {
	r.t.Helper()
	all := r.packages("pkgs")
	if len(all) != n {
		r.t.Fatalf("%d packages in pkgs, want %d: %+v", len(all), n, all)
	}
	return all
}

// detail is a package as GET …/{id}/ shows it, past the tap.
func (r *rig) detail(repo, id string) map[string]any {
	r.t.Helper()
	return r.direct(http.MethodGet, "/packages/acme/"+repo+"/"+id+"/", "", http.StatusOK)
}

// write puts a file of the case's own into the home of the client.
func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.home+"/"+name, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// fields splits a command. Quotes hold an argument with blanks together.
func fields(command string) []string {
	var out []string
	for i, piece := range strings.Split(command, "'") {
		if i%2 == 1 {
			out = append(out, piece)
			continue
		}
		out = append(out, strings.Fields(piece)...)
	}
	return out
}
