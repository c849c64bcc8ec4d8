package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/stages/stage"
)

// childDir names the directory of the child process that TestMain becomes.
const childDir = "ENGINE_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		os.Exit(child())
	}
	// The metrics library of the Kafka client keeps one goroutine for good.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// deed is a line of the journal, which stands for the world outside: what a
// killed process has done stays done.
type deed struct {
	Stage    string
	Envelope stage.Envelope
}

// journal appends deeds to a file. A write is whole or missing, since it is
// one call and the page cache outlives the process.
type journal struct {
	mu sync.Mutex
	f  *os.File
}

func openJournal(dir string) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &journal{f: f}, err
}

func (j *journal) write(stageName string, e stage.Envelope) error {
	line, err := json.Marshal(deed{stageName, e})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.f.Write(append(line, '\n'))
	return err
}

// replay makes the world of a journal.
func replay(t *testing.T, dir string) *world {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := newWorld()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d deed
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		w.handled[d.Stage] = append(w.handled[d.Stage], d.Envelope)
		if d.Stage == "audit" {
			w.events = append(w.events, d.Envelope)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	childPages = 4
	childPage  = 25
)

// child runs an engine on the embedded bus until it kills itself at a point,
// or until the work is done.
func child() int {
	if err := runChild(os.Getenv(childDir), point(os.Getenv("ENGINE_TEST_POINT")), os.Getenv("ENGINE_TEST_STAGE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func runChild(dir string, at point, stageName string) error {
	j, err := openJournal(dir)
	if err != nil {
		return err
	}
	_, statErr := os.Stat(filepath.Join(dir, "broker"))
	fresh := os.IsNotExist(statErr)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b, err := embedded.Open(ctx, embedded.Options{Dir: filepath.Join(dir, "broker")})
	if err != nil {
		return err
	}
	defer b.Close()
	w := newWorld()
	w.pages, w.page = childPages, childPage
	for _, name := range []string{"list", "fetch", "send", "check", "audit"} {
		w.does(name, func(_ context.Context, in stage.Envelope) error { return j.write(name, in) })
	}
	var t childT
	o := options(&t, w, b)
	var hits atomic.Int32
	o.at = func(p point, s string) {
		if p == at && s == stageName && hits.Add(1) == 3 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	e, err := New(ctx, o)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { done <- e.Run(runCtx) }()
	if fresh {
		if err := e.Start(ctx, stage.Shard{Listing: 1}); err != nil {
			return err
		}
	}
	<-e.Running()
	for quiet := 0; quiet < 3; time.Sleep(250 * time.Millisecond) {
		lag, err := e.Lag(ctx)
		if err != nil {
			return err
		}
		if quiet++; lag > 0 {
			quiet = 0
		}
	}
	stop()
	return <-done
}

// childT is what the rig needs of a test where there is none.
type childT struct{ testing.TB }

func (*childT) Helper()           {}
func (*childT) Fatal(args ...any) { fmt.Fprintln(os.Stderr, args...); os.Exit(1) }

func TestSIGKILLAtNamedPointsLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	run := func(at point, stageName string) error {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, "ENGINE_TEST_POINT="+string(at), "ENGINE_TEST_STAGE="+stageName)
		cmd.Stderr = t.Output()
		return cmd.Run()
	}
	kills := 0
	for i, stageName := range []string{"list", "fetch", "send", "check", "audit"} {
		// Each process is killed once; over all of them every point has its turn.
		err := run(points()[i], stageName)
		if err == nil {
			continue // all was done before it came to its point
		}
		kills++
		if status, ok := cmdStatus(err); !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("the child ended by itself: %v", err)
		}
	}
	if kills < 4 {
		t.Errorf("only %d processes were killed", kills)
	}
	if err := run("", ""); err != nil {
		t.Fatal(err)
	}
	w := replay(t, dir)
	found, ends := w.books()
	if len(found) != childPages*childPage || len(ends) != len(found) {
		t.Errorf("found %d and ended %d of %d", len(found), len(ends), childPages*childPage)
	}
	for name, d := range ends {
		if len(d) != 1 || !d[stage.Verified] {
			t.Errorf("%s ended as %v", name, d)
		}
	}
	onceSent(t, w)
	t.Logf("%d kills, %d calls of send for %d objects", kills, len(w.calls("send")), len(found))
}

func cmdStatus(err error) (syscall.WaitStatus, bool) {
	exit, ok := err.(*exec.ExitError)
	if !ok {
		return 0, false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return status, ok && status.Signaled()
}
