package wire

import "errors"

var (
	errNoRun       = errors.New("it names no run")
	errNoID        = errors.New("it has no id")
	errInvalidUTF8 = errors.New("it holds text that is not valid UTF-8, which JSON cannot carry")
)
