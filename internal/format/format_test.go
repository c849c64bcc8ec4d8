package format_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/longshore/longshore/internal/format"
	"github.com/longshore/longshore/stages/stage"
)

func object(key string) stage.Object { return stage.Object{Bucket: "b", Key: key, Size: 1} }

func TestGenericKeepsTheKey(t *testing.T) {
	long := strings.Repeat("é", 300) + ".tar.gz"
	for name, tt := range map[string]struct {
		key  string
		want stage.Coordinates
	}{
		"a plain key": {
			"libs/a/1.0/a.jar",
			stage.Coordinates{Format: "generic", Filename: "a.jar", Filepath: "libs/a/1.0/a.jar"},
		},
		"a key without folders": {
			"a.jar",
			stage.Coordinates{Format: "generic", Filename: "a.jar", Filepath: "a.jar"},
		},
		"spaces, signs and other scripts": {
			"a b/100% c++/日本.bin",
			stage.Coordinates{Format: "generic", Filename: "日本.bin", Filepath: "a b/100% c++/日本.bin"},
		},
		"dots that are no segments": {
			"a/..b/c../.hidden",
			stage.Coordinates{Format: "generic", Filename: ".hidden", Filepath: "a/..b/c../.hidden"},
		},
		"a base name that is too long": {
			long,
			stage.Coordinates{
				Format:   "generic",
				Filename: strings.Repeat("é", 255-len("~")-32-len(".gz")) + "~0805420796b6e67561bd4552680660db.gz",
				Filepath: long,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := format.Mapping{Format: "generic"}.Coordinates(object(tt.key))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestRawPutsTheKeyIntoTheName(t *testing.T) {
	for name, tt := range map[string]struct {
		key  string
		want stage.Coordinates
	}{
		"a plain key": {
			"libs/a/1.0/a.jar",
			stage.Coordinates{Format: "raw", Name: "libs/a/1.0/a.jar", Filename: "a.jar"},
		},
		"slashes that a path would not keep": {
			"/a//b",
			stage.Coordinates{Format: "raw", Name: "/a//b", Filename: "b"},
		},
		"200 characters of several bytes": {
			strings.Repeat("日", 198) + "/a",
			stage.Coordinates{Format: "raw", Name: strings.Repeat("日", 198) + "/a", Filename: "a"},
		},
		"201 characters": {
			strings.Repeat("d", 199) + "/a",
			stage.Coordinates{Format: "raw", Name: strings.Repeat("d", 200-len("~")-32) + "~0cd33f6421cbba20aa754a2e7e734cef", Filename: "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := format.Mapping{Format: "raw"}.Coordinates(object(tt.key))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestKeysThatCannotBeKeptAreRefused(t *testing.T) {
	generic := map[string]string{
		"a leading slash":                "/a",
		"a trailing slash":               "a/",
		"an empty segment":               "a//b",
		"a dot segment":                  "a/./b",
		"a dot segment at the beginning": "./b",
		"a parent segment":               "a/../b",
		"a parent segment at the end":    "a/..",
		"a path that is too long":        strings.Repeat("a/", 1041) + "aa",
	}
	both := map[string]string{
		"no key":                    "",
		"a line break":              "a\nb",
		"a zero byte":               "a\x00b",
		"a control character of C1": "a\u0085b",
		"a broken UTF-8 sequence":   "a\xffb",
	}
	raw := map[string]string{
		"a trailing slash":   "a/",
		"a parent base name": "a/..",
	}
	check := func(formatName string, keys map[string]string) {
		for name, key := range keys {
			t.Run(formatName+" refuses "+name, func(t *testing.T) {
				_, err := format.Mapping{Format: formatName}.Coordinates(object(key))
				requireRefused(t, err, "unmappable")
				require.True(t, utf8.ValidString(err.Error()))
				require.NotContains(t, err.Error(), "\n")
			})
		}
	}
	check("generic", generic)
	check("generic", both)
	check("raw", raw)
	check("raw", both)
}

func TestThePathLimitCountsCharacters(t *testing.T) {
	_, err := format.Default().Coordinates(object(strings.Repeat("é", 2083)))
	require.NoError(t, err)
	_, err = format.Default().Coordinates(object(strings.Repeat("é", 2084)))
	requireRefused(t, err, "unmappable")
}

func TestSizeLimit(t *testing.T) {
	for _, f := range format.All() {
		m := format.Mapping{Format: f.Name()}
		_, err := m.Coordinates(stage.Object{Key: "a", Size: format.MaxSize})
		require.NoError(t, err)
		_, err = m.Coordinates(stage.Object{Key: "a", Size: format.MaxSize + 1})
		requireRefused(t, err, "too-large")
	}
}

func TestAnUnknownFormatIsNamedTogetherWithTheKnownOnes(t *testing.T) {
	require.NoError(t, format.Default().Validate())
	require.EqualError(t, format.Mapping{Format: "rpm"}.Validate(), `format "rpm" is not known: use one of generic, raw`)
	_, err := format.Mapping{Format: "rpm"}.Coordinates(object("a"))
	require.Error(t, err)
}

func requireRefused(t *testing.T, err error, code string) {
	t.Helper()
	require.Error(t, err)
	f := stage.FailureOf(err)
	require.Equal(t, stage.Permanent, f.Class)
	require.Equal(t, code, f.Code)
	require.NotEmpty(t, f.Hint)
}

// keys draws keys of all sorts: short and long, and with a bias towards what
// could collide after shortening.
func keys() *rapid.Generator[string] {
	char := rapid.RuneFrom([]rune("ab.~é日 +%0f"))
	segment := rapid.OneOf(rapid.StringOfN(char, 1, 20, -1), rapid.StringOfN(char, 190, 300, -1))
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), "/")
	})
}

func TestMappingsArePureAndWithinTheLimits(t *testing.T) {
	for _, f := range format.All() {
		t.Run(f.Name(), rapid.MakeCheck(func(t *rapid.T) {
			key := keys().Draw(t, "key")
			got, err := f.Coordinates(object(key))
			if err != nil {
				require.Equal(t, "unmappable", stage.FailureOf(err).Code)
				return
			}
			// Other facts of the object, such as its version, do not matter.
			again, err := f.Coordinates(stage.Object{Bucket: "other", Key: key, ETag: "x", VersionID: "2", Size: 7})
			require.NoError(t, err)
			require.Equal(t, got, again)
			require.Equal(t, f.Name(), got.Format)
			require.LessOrEqual(t, utf8.RuneCountInString(got.Filename), 255)
			require.LessOrEqual(t, utf8.RuneCountInString(got.Name), 200)
			require.LessOrEqual(t, utf8.RuneCountInString(got.Filepath), 2083)
			require.NotContains(t, got.Filename, "/")
			require.NotContains(t, []string{"", ".", ".."}, got.Filename)
		}))
	}
}

func TestDistinctKeysGetDistinctCoordinates(t *testing.T) {
	for _, f := range format.All() {
		t.Run(f.Name(), rapid.MakeCheck(func(t *rapid.T) {
			a := keys().Draw(t, "a")
			// The names that shortening makes are the likeliest to be taken.
			b := rapid.OneOf(keys(), rapid.Just(identity(f, a)), tails(a)).Draw(t, "b")
			if a == b {
				return
			}
			ia, ib := identity(f, a), identity(f, b)
			if ia != "" && ia == ib {
				t.Fatalf("%q and %q both become %q", a, b, ia)
			}
		}))
	}
}

// tails draws keys that share a long beginning with key.
func tails(key string) *rapid.Generator[string] {
	return rapid.Map(rapid.StringN(1, 3, -1), func(s string) string { return key + s })
}

// identity is what the target tells packages of a format apart by: path, or
// name and file name.
func identity(f format.Format, key string) string {
	c, err := f.Coordinates(object(key))
	if err != nil {
		return ""
	}
	if c.Filepath != "" {
		return c.Filepath
	}
	return c.Name
}
