package embedded_test

import (
	"testing"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/bustest"
	"github.com/longshore/longshore/internal/bus/embedded"
)

func TestBus(t *testing.T) {
	t.Parallel()
	bustest.Run(t, open)
}

func TestUniversal(t *testing.T) {
	t.Parallel()
	bustest.RunUniversal(t, open)
}

func open(t *testing.T) bus.Bus {
	t.Helper()
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the bus: %v", err)
		}
	})
	return b
}
