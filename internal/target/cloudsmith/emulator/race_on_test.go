//go:build race

package emulator

// raceDetector makes everything ten times slower; times are not judged then.
const raceDetector = true
