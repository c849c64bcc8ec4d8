package embedded

import (
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/stages/stage"
)

// publisher says so when records are refused because the disk is full.
type publisher struct {
	message.Publisher
	broker *broker
}

func (p publisher) Publish(topic string, messages ...*message.Message) error {
	err := p.Publisher.Publish(topic, messages...)
	if err == nil {
		return nil
	}
	if full := p.broker.log.full.Swap(nil); full != nil {
		return stage.Halt(fmt.Errorf("publishing to %s: %w", topic, *full), stage.Code("disk-full"),
			stage.Hint("make room on the disk that holds %s, or give another --state-dir", p.broker.dir))
	}
	return err
}

// Publisher implements bus.Bus.
func (b *Bus) Publisher() message.Publisher { return publisher{b.Bus.Publisher(), b.broker} }
