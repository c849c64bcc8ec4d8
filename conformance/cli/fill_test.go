//go:build conformance

package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fill makes raw packages item-0000, item-0001 and so on, past the client and
// the tap.
func (r *rig) fill(n int) {
	r.t.Helper()
	for i := range n {
		file := fmt.Sprintf("item-%04d.bin", i)
		put := r.direct(http.MethodPut, "/upload/acme/pkgs/"+file, fmt.Sprintf("bytes of item %d", i), http.StatusOK)
		r.direct(http.MethodPost, "/packages/acme/pkgs/upload/raw/",
			fmt.Sprintf(`{"package_file":%q,"name":"item-%04d"}`, put["identifier"], i), http.StatusCreated)
	}
	r.pass(time.Minute)
}

// direct sends a request straight into the emulator.
func (r *rig) direct(method, path, body string, status int) map[string]any {
	r.t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("X-Api-Key", r.server.APIKey())
	rec := httptest.NewRecorder()
	r.server.ServeHTTP(rec, req)
	if rec.Code != status {
		r.t.Fatalf("%s %s: status %d, %s", method, path, rec.Code, rec.Body)
	}
	return decode(rec.Body.Bytes())
}

func sha256Of(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// everyFormatNamed is the push of one format.
func everyFormatNamed(t testing.TB, format string) push {
	t.Helper()
	for _, p := range everyFormat() {
		if p.format == format {
			p.args += " -I 0.1"
			return p
		}
	}
	t.Fatalf("no push of %s", format)
	return push{}
}
