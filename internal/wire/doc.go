// Package wire turns envelopes into Kafka records and back: JSON values,
// CloudEvents headers in binary mode, a schema version, dead-letter headers.
//
//	func Encode(e stage.Envelope, from Origin) (*message.Message, error)
//	func Decode(m *message.Message) (stage.Envelope, error) // errors are Poison
package wire
