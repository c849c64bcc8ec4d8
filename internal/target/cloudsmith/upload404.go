package cloudsmith

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// upload404 remembers for a moment what a 404 of the upload host meant, so
// that many workers find out once.
type upload404 struct {
	mu   sync.Mutex
	at   time.Time
	verr error
}

const upload404Life = 10 * time.Second

// explain404 finds out what a 404 of the upload host means. That host answers
// so to a bad key too, and never says 401; the API host tells the difference.
func (t *Target) explain404(ctx context.Context, cause error) error {
	m := &t.upload404
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.verr != nil && t.now().Sub(m.at) < upload404Life {
		return m.verr
	}
	err := t.diagnose404(ctx, cause)
	if ctx.Err() == nil {
		m.at, m.verr = t.now(), err
	}
	return err
}

func (t *Target) diagnose404(ctx context.Context, cause error) error {
	if _, err := t.whoAmI(ctx, new(http.Header)); err != nil {
		return err
	}
	if err := t.repositoryExists(ctx); err != nil {
		return err
	}
	return stage.Halt(cause, stage.Code("upload-host"),
		stage.Hint("the key and --target %s/%s are right at %s, and yet %s does not know them: check CLOUDSMITH_UPLOAD_HOST, and that the key may write", t.owner, t.repo, t.api.Host, t.upload.Host))
}
