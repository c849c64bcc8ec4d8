package bustest

import (
	"crypto/rand"
	"strings"
)

// uniqueName is a topic or group that no other test uses, in the form that
// topics have.
func uniqueName() string { return "bustest." + strings.ToLower(rand.Text()) }
