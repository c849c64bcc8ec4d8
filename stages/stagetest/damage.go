package stagetest

import "bytes"

// damage is what happens to the bytes of an object on their way.
type damage struct {
	flip bool
	cut  bool
	at   int // where the transfer is cut
	once bool
}

// Damage flips one bit of everything that is read of the object from now on,
// until it is written again.
func (s *Source) Damage(key string) { s.damage(key, damage{flip: true}) }

// Cut ends every transfer of the object cleanly after n bytes, until it is
// written again.
func (s *Source) Cut(key string, n int) { s.damage(key, damage{cut: true, at: n}) }

// CutOnce ends the next transfer of the object cleanly after n bytes.
func (s *Source) CutOnce(key string, n int) { s.damage(key, damage{cut: true, at: n, once: true}) }

func (s *Source) damage(key string, d damage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaged[key] = d
}

// asRead is the content of v as it arrives.
func (s *Source) asRead(v version) []byte {
	content, d := v.content, s.damaged[v.object.Key]
	if d.once {
		delete(s.damaged, v.object.Key)
	}
	if d.cut {
		content = content[:min(d.at, len(content))]
	}
	if d.flip && len(content) > 0 {
		content = bytes.Clone(content)
		content[len(content)/2] ^= 1
	}
	return content
}
