//go:build conformance

package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/longshore/longshore/conformance/cli/fixture"
)

// kit is what all cases share. They only read it.
type kit struct {
	// venv holds the client, files the files that it pushes.
	venv, files string
	proxy       *refusingProxy
	digests     digestNames
	update      bool
}

// shared is set once, by TestMain.
var shared kit

func TestMain(m *testing.M) {
	flag.BoolVar(&shared.update, "update", false, "write the requests on file instead of comparing them")
	flag.Parse()
	os.Exit(run(m))
}

// run prepares what the cases share. That the client cannot be installed is a
// failure: a suite that skips itself proves nothing.
func run(m *testing.M) int {
	start := time.Now()
	dir, err := os.MkdirTemp("", "cli-conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "making a folder for fixtures:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := shared.prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, "preparing the client:", err)
		return 1
	}
	defer shared.proxy.close()
	prepared := time.Now()
	code := m.Run()
	if asked := shared.proxy.asked(); asked > 0 {
		fmt.Fprintf(os.Stderr, "the client wanted to reach %d other hosts\n", asked)
		code = 1
	}
	fmt.Printf("conformance by the real client: prepared in %.0f s, cases took %.0f s\n", prepared.Sub(start).Seconds(), time.Since(prepared).Seconds())
	return code
}

func (k *kit) prepare(dir string) error {
	venv, err := filepath.Abs("../../.cache/cli-venv")
	if err != nil {
		return err
	}
	install := exec.Command("./install.sh", venv)
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("installing: %w\n%s", err, out)
	}
	k.venv = venv
	// The client resolves links in the paths that it reports.
	if k.files, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if err := fixture.Write(k.files, fixture.Packers{Bzip2: k.packer("bz2"), Xz: k.packer("lzma")}); err != nil {
		return err
	}
	if err := k.digests.addAll(k.files); err != nil {
		return err
	}
	k.proxy, err = newRefusingProxy()
	return err
}

// packer compresses by a module of the Python that runs the client.
func (k *kit) packer(module string) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		path := filepath.Join(k.files, "packing.tmp")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
		out, err := exec.Command(filepath.Join(k.venv, "bin", "python"), "-c",
			"import sys, "+module+"; sys.stdout.buffer.write("+module+".compress(open(sys.argv[1], 'rb').read()))", path).Output()
		return out, errors.Join(err, os.Remove(path))
	}
}
