package stages_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages"
)

func TestAllStagesAreValidAndInFlowOrder(t *testing.T) {
	var names []string
	for _, s := range stages.All() {
		require.NoError(t, s.Validate())
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"enumerate", "fetch", "hash", "upload", "verify", "audit"}, names)
}
