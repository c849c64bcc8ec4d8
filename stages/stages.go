// Package stages lists the stages that the product knows.
package stages

import (
	"github.com/longshore/longshore/stages/audit"
	"github.com/longshore/longshore/stages/enumerate"
	"github.com/longshore/longshore/stages/fetch"
	"github.com/longshore/longshore/stages/hash"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/upload"
	"github.com/longshore/longshore/stages/verify"
)

// All lists the stages in flow order. A stage that is not here cannot be named
// in a topology.
func All() []stage.Spec {
	return []stage.Spec{
		enumerate.Spec(),
		fetch.Spec(),
		hash.Spec(),
		upload.Spec(),
		verify.Spec(),
		audit.Spec(),
	}
}
