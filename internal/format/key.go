package format

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/longshore/longshore/stages/stage"
)

// checkText refuses keys that do not survive as text in JSON and in URLs. S3
// keys are bytes; a broken sequence would be replaced on the way, and two keys
// could become one.
func checkText(key string) error {
	if key == "" {
		return unmappable(key, "it is empty")
	}
	if !utf8.ValidString(key) {
		return unmappable(key, "it is not valid UTF-8")
	}
	if i := strings.IndexFunc(key, unicode.IsControl); i >= 0 {
		return unmappable(key, "it holds a control character at byte %d", i)
	}
	if strings.TrimSpace(key) != key {
		// The target trims its text fields: "a" and "a " would be one package.
		return unmappable(key, "it begins or ends with a blank, which the target would cut off")
	}
	return nil
}

// unmappable quotes the key, since it may hold what a terminal would obey.
func unmappable(key, reason string, args ...any) error {
	return stage.NotRetryable(
		fmt.Errorf("mapping key %q: %s", key, fmt.Sprintf(reason, args...)),
		stage.Code("unmappable"),
		stage.Hint("copy the object to a plain key, or leave it out with an exclude rule of stage enumerate"))
}
