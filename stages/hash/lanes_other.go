//go:build !amd64

package hash

const laneWidth = 16

func startLanes() (m method, ok bool) { return method{}, false }
