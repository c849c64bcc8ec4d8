package engine

import (
	"encoding/json"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/stages/stage"
)

type origin struct {
	stage string
	at    time.Time
}

func encode(e stage.Envelope, from origin) (*message.Message, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return message.NewMessage(watermill.NewUUID(), b), nil
}

func decode(m *message.Message) (stage.Envelope, error) {
	var e stage.Envelope
	if err := json.Unmarshal(m.Payload, &e); err != nil {
		return e, stage.Poisonf("decoding: %w", err)
	}
	return e, nil
}
