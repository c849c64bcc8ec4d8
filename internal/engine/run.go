package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
)

// closeTimeout is how long cancelled work, and then the subscriptions, may
// take to end.
const closeTimeout = 30 * time.Second

// Run delivers messages until ctx ends, then drains: it stops feeding, lets
// work in flight go on for up to DrainTimeout, cancels what is left (it stays
// unacknowledged), commits offsets and closes the handlers that are io.Closers.
// It returns nil when it drained cleanly. It may be called once.
func (e *Engine) Run(ctx context.Context) (err error) {
	if !e.phase.CompareAndSwap(phaseNew, phaseStarting) {
		return errors.New("the engine was run before")
	}
	defer func() {
		err = errors.Join(err, closeHandlers(e.workers))
		e.phase.Store(phaseEnded)
		close(e.ended)
	}()
	feeding, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	working, cancelWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelWork(nil)

	all, err := e.consumers(lost)
	if err == nil {
		err = subscribeAll(feeding, all)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = nil // asked to stop before it began
		}
		return errors.Join(err, closeAll(all))
	}

	router, err := e.startRouter(lifetime{feeding: feeding, working: working}, all)
	if err != nil {
		return errors.Join(err, closeAll(all))
	}
	e.phase.Store(phaseRunning)
	close(e.running)

	<-feeding.Done()
	e.phase.Store(phaseDraining)
	if cause := context.Cause(feeding); ctx.Err() == nil {
		err = cause
	}
	return errors.Join(err, drain(router, all, e.o.DrainTimeout, cancelWork))
}

// startRouter starts watermill's router over all and returns when every handler is
// fed. The router does not stop with ctx: drain closes it.
func (e *Engine) startRouter(life lifetime, all []consumer) (*message.Router, error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeTimeout}, routerLog(e.o.Log))
	if err != nil {
		return nil, fmt.Errorf("making the router: %w", err)
	}
	for _, c := range all {
		router.AddConsumerHandler(c.name, c.feed.topic, c.feed, func(m *message.Message) error { return c.handle(life, m) })
	}
	failed := make(chan error, 1)
	go func() { failed <- router.Run(context.WithoutCancel(life.working)) }()
	select {
	case <-router.Running():
		return router, nil
	case err := <-failed:
		return nil, errors.Join(fmt.Errorf("running the router: %w", err), router.Close())
	}
}

// routerLog makes watermill silent when all is well.
func routerLog(log *slog.Logger) watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(log, map[slog.Level]slog.Level{
		slog.LevelInfo:  slog.LevelDebug,
		slog.LevelDebug: watermill.LevelTrace,
	})
}
