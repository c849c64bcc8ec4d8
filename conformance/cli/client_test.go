//go:build conformance

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience ends a command that hangs, which no case expects.
const patience = 2 * time.Minute

// outcome is how one command of the client ended.
type outcome struct {
	t              testing.TB
	command        string
	code           int
	stdout, stderr string
	took           time.Duration
	requests       []*request
}

// cloudsmith runs the client in the folder of fixtures. O in the command
// stands for the target.
func (r *rig) cloudsmith(command string) outcome {
	r.t.Helper()
	return r.cloudsmithIn(shared.files, command)
}

func (r *rig) cloudsmithIn(dir, command string) outcome {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := fields(command)
	for i, a := range args {
		if a == "O" || strings.HasPrefix(a, "O/") {
			args[i] = target + a[1:]
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(shared.venv, "bin", "cloudsmith"), args...)
	cmd.Dir = dir
	cmd.Env = r.environment()
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	before := len(r.tap.since(0))
	start := time.Now()
	err := cmd.Run()
	o := outcome{t: r.t, command: command, stdout: stdout.String(), stderr: stderr.String(), took: time.Since(start)}
	o.requests = r.tap.since(before)
	o.checkHeaders(r)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		r.t.Fatalf("cloudsmith %s: hangs; stdout: %s; stderr: %s", command, o.stdout, o.stderr)
	case errors.As(err, &exit):
		o.code = exit.ExitCode()
	case err != nil:
		r.t.Fatalf("cloudsmith %s: %v", command, err)
	}
	r.record.add(o, r.http.URL)
	return o
}

// checkHeaders looks at what all requests have in common.
func (o outcome) checkHeaders(r *rig) {
	o.t.Helper()
	for _, req := range o.requests {
		key := req.header.Get("X-Api-Key") != ""
		_, _, basic := (&http.Request{Header: req.header}).BasicAuth()
		agent := strings.HasSuffix(req.header.Get("User-Agent"), " cli:1.30.0 api:2.0.42")
		ok := true
		switch req.role {
		case "api":
			// The client asks without a key whether the service is up.
			withKey := !r.anonymous && !strings.HasSuffix(req.path, "/status/check/basic/")
			ok = agent && key == withKey && basic == r.netrc
		case "s3":
			ok = agent && !key && basic == r.netrc
		case "upload":
			ok = key && !basic
		case "dl":
			ok = !key && basic
		}
		if !ok {
			o.t.Errorf("cloudsmith %s: %s %s %s with headers %v", o.command, req.role, req.method, req.path, req.header)
		}
	}
}

// environment is all that the client gets to see of the machine.
func (r *rig) environment() []string {
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": r.home, "LC_ALL": "C.UTF-8", "COLUMNS": "200",
		"CLOUDSMITH_API_HOST": r.http.URL, "CLOUDSMITH_API_KEY": r.server.APIKey(),
		"CLOUDSMITH_NO_UPDATE_CHECK": "1", "CLOUDSMITH_NO_TELEMETRY": "1", "DO_NOT_TRACK": "1",
		"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
		"http_proxy": shared.proxy.url(), "https_proxy": shared.proxy.url(),
	}
	for _, e := range r.env {
		name, value, set := strings.Cut(e, "=")
		if set {
			env[name] = value
		} else {
			delete(env, name)
		}
	}
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

// exits fails the case at any other exit code.
func (o outcome) exits(code int) outcome {
	o.t.Helper()
	if o.code != code {
		o.t.Fatalf("cloudsmith %s: exit %d, want %d\nstdout: %s\nstderr: %s\nrequests:\n%s", o.command, o.code, code, o.stdout, o.stderr, rough(o.requests))
	}
	return o
}

// says looks for texts in either output. Where the terminal breaks lines is no
// matter.
func (o outcome) says(texts ...string) outcome {
	o.t.Helper()
	all := squeeze(o.stdout + " " + o.stderr)
	for _, text := range texts {
		if !strings.Contains(all, squeeze(text)) {
			o.t.Errorf("cloudsmith %s: %q is not in the output:\n%s\n%s", o.command, text, o.stdout, o.stderr)
		}
	}
	return o
}

// isSilentAbout fails the case if a text is in the output.
func (o outcome) isSilentAbout(text string) outcome {
	o.t.Helper()
	if strings.Contains(squeeze(o.stdout+" "+o.stderr), squeeze(text)) {
		o.t.Errorf("cloudsmith %s: %q is in the output:\n%s\n%s", o.command, text, o.stdout, o.stderr)
	}
	return o
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// json decodes what a command with -F json printed.
func (o outcome) json() map[string]any {
	o.t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &out); err != nil {
		o.t.Fatalf("cloudsmith %s: output is no JSON object: %v\n%s", o.command, err, o.stdout)
	}
	return out
}

// sends fails the case at any other number of requests.
func (o outcome) sends(n int) outcome {
	o.t.Helper()
	if len(o.requests) != n {
		o.t.Errorf("cloudsmith %s: %d requests, want %d:\n%s", o.command, len(o.requests), n, rough(o.requests))
	}
	return o
}

// find returns the requests to a host, with a method, below a path.
func (o outcome) find(role, method, prefix string) []*request {
	var found []*request
	for _, r := range o.requests {
		if r.is(role, method, prefix) {
			found = append(found, r)
		}
	}
	return found
}

// wantFound fails the case at any other number of such requests.
func (o outcome) wantFound(n int, role, method, prefix string) []*request {
	o.t.Helper()
	found := o.find(role, method, prefix)
	if len(found) != n {
		o.t.Fatalf("cloudsmith %s: %d times %s %s %s, want %d:\n%s", o.command, len(found), role, method, prefix, n, rough(o.requests))
	}
	return found
}
