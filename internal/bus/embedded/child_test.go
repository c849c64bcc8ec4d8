package embedded_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// Some tests need a broker in a process of its own, to kill it or to read its
// memory: the test binary starts itself, and TestMain does what it is told.
const (
	childDo  = "LONGSHORE_TEST_CHILD"
	childDir = "LONGSHORE_TEST_DIR"
	childN   = "LONGSHORE_TEST_N"
)

func TestMain(m *testing.M) {
	work, ok := map[string]func() error{
		"fill": func() error { return memoryChild(true) },
		"idle": func() error { return memoryChild(false) },
		"work": crashChild,
	}[os.Getenv(childDo)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {} // until it is killed
}

// child is a process that says line by line what it did.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

func startChild(t *testing.T, do, dir string, n int) *child {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDo+"="+do, childDir+"="+dir, fmt.Sprintf("%s=%d", childN, n))
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, out: bufio.NewScanner(r)}
	t.Cleanup(func() { c.kill(); io.Copy(io.Discard, r); r.Close() })
	return c
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	if !c.out.Scan() {
		t.Fatalf("the child ended: %v", c.out.Err())
	}
	return c.out.Text()
}

// kill is kill -9: the child gets no chance to do anything.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}
