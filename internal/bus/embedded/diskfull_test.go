package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/stages/stage"
)

func TestFullDiskHaltsAndHeals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	dir := t.TempDir()
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const topic = "longshore.full.found"
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "partitions", topic+"-0", "0.dat")
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", log); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = b.Publisher().Publish(topic, message.NewMessage("", []byte("v")))
		if !errors.Is(err, syscall.ENOSPC) || stage.ClassOf(err) != stage.Halted {
			t.Fatalf("on a full disk: %s, %v", stage.ClassOf(err), err)
		}
	}
	if f := stage.FailureOf(err); f.Code != "disk-full" || !strings.Contains(f.Hint, dir) {
		t.Errorf("the failure is %+v", f)
	}

	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	if err := b.Publisher().Publish(topic, message.NewMessage("kept", []byte("v"))); err != nil {
		t.Fatalf("after there is room again: %v", err)
	}
	if got := read(t, b, "group", topic); len(got) != 1 || got["kept"] != 1 {
		t.Errorf("the topic holds %v", got)
	}
}
