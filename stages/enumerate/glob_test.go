package enumerate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		match   []string
		differ  []string
	}{
		{"a.jar", []string{"a.jar"}, []string{"b/a.jar", "a.jar.md5", "aXjar"}},
		{"*.jar", []string{"a.jar", ".jar"}, []string{"b/a.jar", "a.jar/b"}},
		{"**/*.jar", []string{"a.jar", "b/a.jar", "c/b/a.jar"}, []string{"b/a.war"}},
		{"libs/**", []string{"libs/a", "libs/a/b", "libs/"}, []string{"libs", "other/libs/a"}},
		{"libs/**/a.jar", []string{"libs/a.jar", "libs/x/a.jar", "libs/x/y/a.jar"}, []string{"libs/xa.jar"}},
		{"lib**", []string{"lib", "lib/a/b", "libs"}, []string{"a/lib"}},
		{"x**/y", []string{"x/y", "xa/b/y"}, []string{"xy"}},
		{"?.txt", []string{"a.txt", "é.txt"}, []string{"/.txt", "ab.txt", ".txt"}},
		{"a+b(1)[x]", []string{"a+b(1)[x]"}, []string{"aab(1)x"}},
		{"**", []string{"a", "a/b", "", "a\nb", "a\xffb"}, nil},
	} {
		g, err := compileGlob(tt.pattern)
		require.NoError(t, err)
		for _, key := range tt.match {
			require.Truef(t, g.match(key), "%q should match %q", tt.pattern, key)
		}
		for _, key := range tt.differ {
			require.Falsef(t, g.match(key), "%q should not match %q", tt.pattern, key)
		}
	}
}

func TestEveryBadRuleIsNamed(t *testing.T) {
	_, err := compileRules([]string{"a", ""}, []string{""})
	require.ErrorContains(t, err, "include[1]")
	require.ErrorContains(t, err, "exclude[0]")
}
