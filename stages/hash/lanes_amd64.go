package hash

import (
	"hash"

	simd "github.com/minio/sha256-simd"
	"golang.org/x/sys/cpu"
)

// laneWidth is how many streams the server hashes at once.
const laneWidth = 16

// startLanes starts the server, if the CPU has what it needs.
func startLanes() (m method, ok bool) {
	c := cpu.X86
	if !c.HasAVX512F || !c.HasAVX512DQ || !c.HasAVX512BW || !c.HasAVX512VL {
		return method{}, false
	}
	server := simd.NewAvx512Server()
	return lanes(func() hash.Hash { return simd.NewAvx512(server) }), true
}
