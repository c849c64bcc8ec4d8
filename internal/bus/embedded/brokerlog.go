package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// brokerLog passes the broker's warnings on, and remembers a full disk: its
// answer to the client only says that something went wrong.
type brokerLog struct {
	log *slog.Logger
	// full is the error of the last write that found no space.
	full atomic.Pointer[error]
}

var _ kfake.Logger = (*brokerLog)(nil)

func (l *brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	for _, a := range args {
		if err, ok := a.(error); ok && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
			l.full.Store(&err)
			return // Publish reports it
		}
	}
	switch level {
	case kfake.LogLevelError, kfake.LogLevelWarn:
		l.log.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelInfo, kfake.LogLevelDebug, kfake.LogLevelNone:
	}
}
