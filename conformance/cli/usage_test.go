//go:build conformance

package cli

import (
	"encoding/pem"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// TestUsage is about what the client refuses by itself.
func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		name, command string
		code          int
		says          string
	}{
		{"U01 two files of raw", "push raw O hello.txt d1/same.txt -W", 2, "Got unexpected extra argument"},
		{"U01 two files of python", "push python O conf_hello-1.0.0-py3-none-any.whl conf_hello-1.0.0.tar.gz -W", 2, "Got unexpected extra argument"},
		{"U02 generic without a path", "push generic O hello.txt -W", 2, "Missing option '--filepath'."},
		{"U03 conan without its files", "push conan O conan_package.tgz -W", 2, "Missing option '--info-file'."},
		{"U04 deb without a distribution", "push deb O conf-hello_2.10-3_amd64.deb -W", 2, "Must be in the form of OWNER/REPO/DISTRO[/RELEASE]"},
		{"U05 no repository", "push raw acme hello.txt", 2, "OWNER/REPO"},
		{"U05 no such file", "push raw O nosuch", 2, "does not exist"},
		{"U05 no such format", "push foo O hello.txt", 2, "No such command"},
		{"U06 source package without its files", "push deb O/debian/any-version alone/conf-src_1.0-1.dsc -W", 2, "is not a regular file next to the .dsc"},
		{"U07 repository without a name", "repos create acme bad.json", 2, "Name is a required field"},
		{"U07 repository of no JSON", "repos create acme empty.json", 1, "JSONDecodeError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, emulator.Options{})
			r.cloudsmith(tc.command).exits(tc.code).sends(0).says(tc.says)
		})
	}
}

// TestDownloadChoosesOnePackage is about names that fit none or several.
func TestDownloadChoosesOnePackage(t *testing.T) {
	t.Parallel()
	r := newRig(t, emulator.Options{})
	r.cloudsmith("push raw O hello.txt --name conf-dl -I 0.1").exits(0)
	r.cloudsmith("push raw O d1/same.txt --name twice -I 0.1").exits(0)
	r.cloudsmith("push raw O hello.txt --name twice -I 0.1").exits(0)
	r.write("there.txt", "mine")
	t.Run("U08 no match", func(t *testing.T) {
		r.at(t).cloudsmith("download O nosuch").exits(2).sends(1).says("No packages found matching the specified criteria.")
	})
	t.Run("U09 two matches", func(t *testing.T) {
		r.at(t).cloudsmith("download O twice").exits(3).sends(1).says("Multiple packages found.")
	})
	t.Run("U10 two matches without versions crash the client", func(t *testing.T) {
		r.at(t).cloudsmith("download O twice -y").exits(1).says("AttributeError")
	})
	t.Run("U11 a file that is there stays", func(t *testing.T) {
		r := r.at(t)
		o := r.cloudsmith("download O conf-dl --outfile " + r.home + "/there.txt -y").exits(1).says("already exists")
		o.wantFound(0, "dl", "GET", "/")
		if data, err := os.ReadFile(r.home + "/there.txt"); err != nil || string(data) != "mine" {
			t.Errorf("%q, error %v", data, err)
		}
	})
}

// TestHosts is about how the client finds the service.
func TestHosts(t *testing.T) {
	t.Run("U12 the base may hold the version", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.env = []string{"CLOUDSMITH_API_HOST=" + r.http.URL + "/v1"}
		o := r.cloudsmith("whoami").exits(0).sends(1)
		o.wantFound(1, "api", "GET", "/v1/user/self/")
	})
	t.Run("U13 without a scheme it is https", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.env = []string{"CLOUDSMITH_API_HOST=" + strings.TrimPrefix(r.http.URL, "http://")}
		r.cloudsmith("whoami --error-retry-max 0").exits(1).sends(0).says("SSLError", "status: 0")
	})
	t.Run("U14 a file in the working folder must not name another host", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.env = []string{"CLOUDSMITH_API_HOST"}
		r.write("config.ini", "[default]\napi_host = "+r.http.URL+"\n")
		r.cloudsmithIn(r.home, "whoami").exits(2).sends(0)
	})
	t.Run("U15 TLS by a private authority", func(t *testing.T) {
		t.Parallel()
		r := newStoppedRig(t, emulator.Options{})
		r.http.StartTLS()
		r.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.http.Certificate().Raw})))
		r.env = []string{"REQUESTS_CA_BUNDLE=" + r.home + "/ca.pem"}
		r.cloudsmith("whoami").exits(0).sends(1)
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		r.env = []string{"CLOUDSMITH_API_HOST=http://" + ln.Addr().String()}
		r.cloudsmith("whoami --error-retry-max 0").exits(1).sends(0).says("status: 0")
	})
}
