package hash

import (
	stdsha "crypto/sha256"
	"hash"

	simd "github.com/minio/sha256-simd"
)

// method is one way to compute SHA-256.
type method struct {
	name string
	open func() hash.Hash
	// held is how many of the last buffers the hash may still look into
	// after Write has returned.
	held int
}

// single are the methods that work in the caller's goroutine. With SHA
// instructions they are about equal, and the standard library comes first.
func single() []method {
	return []method{
		{name: "crypto/sha256", open: stdsha.New},
		{name: "sha256-simd", open: simd.New},
	}
}

// lanes hashes up to 16 streams in one goroutine, with AVX-512. With 16
// streams that is about as fast per core as the SHA instructions, with one
// stream eight times slower; where SHA instructions are missing it is several
// times faster than anything else, provided that there are streams enough.
//
// Three things make it an option instead of a default. The library's server
// cannot be stopped, so that it lives as long as the process. It wakes every
// microsecond, which costs a tenth of a core while there is nothing to do. And
// it reads the caller's buffer after Write has returned: it takes a block when
// the stream's next one arrives and is done with it when the one after that
// does, hence held. All writes but the last must be whole blocks of 64 bytes;
// otherwise the library overwrites a tail that it has not hashed yet.
func lanes(server func() hash.Hash) method {
	return method{name: "sha256-simd lanes", open: server, held: 2}
}
