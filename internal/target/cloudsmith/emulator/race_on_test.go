//go:build race

package emulator

// raceDetector says that everything is ten times slower.
const raceDetector = true
