package dir_test

import (
	"testing"

	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/internal/staging/stagingtest"
	"github.com/longshore/longshore/stages/stage"
)

func TestTheContract(t *testing.T) {
	for name, o := range map[string]dir.Options{
		"alone":        {},
		"with a quota": {Quota: 65 << 20},
		"shared":       {Shared: true},
		"synced":       {Sync: true},
	} {
		t.Run(name, func(t *testing.T) {
			stagingtest.Run(t, func(t *testing.T) stage.Staging { return open(t, t.TempDir(), o) })
		})
	}
}

// open opens a staging directory that is closed after the test.
func open(t testing.TB, path string, o dir.Options) *dir.Staging {
	t.Helper()
	o.Dir = path
	s, err := dir.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
