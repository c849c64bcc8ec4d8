package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/stages/stage"
)

// Decode reads the envelope of a record. Every error is Poison: the same bytes
// will never decode.
func Decode(m *message.Message) (stage.Envelope, error) {
	version, err := versionOf(m.Metadata.Get(HeaderSchema))
	if err != nil {
		return stage.Envelope{}, err
	}
	value := m.Payload
	switch {
	case len(value) == 0:
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: the record has no value")
	case len(value) > MaxValue:
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: it has %d bytes, more than %d", len(value), MaxValue)
	case !utf8.Valid(value):
		// The JSON decoder would replace such bytes without a word.
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: %w", errInvalidUTF8)
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	if version.Minor <= Current().Minor {
		// All fields of this version are known, so another one is a mistake
		// that would cost a fact.
		dec.DisallowUnknownFields()
	}
	var e stage.Envelope
	if err := dec.Decode(&e); err != nil {
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: something follows it at byte %d", dec.InputOffset())
	}
	if err := plausible(e); err != nil {
		return stage.Envelope{}, stage.Poisonf("decoding an envelope: %w", err)
	}
	return e, nil
}

var errNegativeCount = errors.New("it has a negative count of attempts or restarts")

func plausible(e stage.Envelope) error {
	switch {
	case e.Run == "":
		return errNoRun
	case e.ID == "":
		return errNoID
	case e.Attempt < 0 || e.Restarts < 0:
		// Such a count would never reach the bound on retries.
		return errNegativeCount
	}
	return nil
}
