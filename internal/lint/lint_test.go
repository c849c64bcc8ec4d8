package lint

import (
	"strings"
	"testing"
	"testing/fstest"
)

// The rules are tried on small trees that break them, so that none of them
// holds because it looks at nothing.

func sample(t *testing.T, files map[string]string) tree {
	t.Helper()
	fsys := fstest.MapFS{"go.mod": {Data: []byte("module " + module + "\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tr, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// wantFound checks that there is one violation for each of the texts.
func wantFound(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d violations, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) {
			t.Errorf("got %q, want it to contain %q", got[i], w)
		}
	}
}

func TestImportRules(t *testing.T) {
	for _, c := range []struct {
		name, file, imported string
		forbidden            bool
	}{
		{"a stage may import the contract", "stages/hash/hash.go", module + "/stages/stage", false},
		{"a stage may import the formats", "stages/hash/hash.go", module + "/internal/format/rpm", false},
		{"a stage may import its own parts", "stages/hash/hash.go", module + "/stages/hash/lanes", false},
		{"a stage may import a domain library", "stages/hash/hash.go", "github.com/minio/sha256-simd", false},
		{"a stage may not import another stage", "stages/hash/hash.go", module + "/stages/fetch", true},
		{"a stage may not import a driver", "stages/hash/hash.go", module + "/internal/staging/dir", true},
		{"a stage may not import the engine", "stages/hash/hash.go", module + "/internal/engine", true},
		{"a stage may not import watermill", "stages/hash/hash.go", "github.com/ThreeDotsLabs/watermill/message", true},
		{"a stage may not speak HTTP", "stages/hash/hash.go", "net/http", true},
		{"a stage's test may import the suite", "stages/hash/hash_test.go", module + "/stages/stagetest", false},
		{"a stage's test may not import a driver", "stages/hash/hash_test.go", module + "/internal/staging/dir", true},
		{"the contract may not import anything of ours", "stages/stage/stage.go", module + "/internal/format", true},
		{"the engine may not import a stage", "internal/engine/engine.go", module + "/stages/hash", true},
		{"the engine may import the contract", "internal/engine/engine.go", module + "/stages/stage", false},
		{"the engine may not import a bus driver", "internal/engine/engine.go", module + "/internal/bus/kafka", true},
		{"the engine's test may import a bus driver", "internal/engine/engine_test.go", module + "/internal/bus/embedded", false},
		{"the engine may not import a Kafka client", "internal/engine/engine.go", "github.com/IBM/sarama", true},
		{"nor may its test", "internal/engine/engine_test.go", "github.com/twmb/franz-go/pkg/kgo", true},
		{"a driver may not import the engine", "internal/staging/dir/dir.go", module + "/internal/engine", true},
		{"a driver may not import another driver", "internal/staging/dir/dir.go", module + "/internal/ledger", true},
		{"a driver may import its own parts", "internal/target/cloudsmith/a.go", module + "/internal/target/cloudsmith/emulator", false},
		{"the target may not import AWS", "internal/target/cloudsmith/a.go", "github.com/aws/aws-sdk-go-v2/aws", true},
		{"the source imports AWS", "internal/source/s3/s3.go", "github.com/aws/aws-sdk-go-v2/aws", false},
		{"the bus imports a Kafka client", "internal/bus/kafka/kafka.go", "github.com/IBM/sarama", false},
		{"the wiring imports drivers", "cmd/pipeline/app/wire.go", module + "/internal/source/s3", false},
		{"the wiring may not import a Kafka client", "cmd/pipeline/app/wire.go", "github.com/IBM/sarama", true},
		{"main may not import drivers", "cmd/pipeline/main.go", module + "/internal/source/s3", true},
		{"main imports the list of stages", "cmd/pipeline/main.go", module + "/stages", false},
		{"the engine may not import the list of stages", "internal/engine/engine.go", module + "/stages", true},
		{"the topology knows no engine", "topology/plan.go", module + "/internal/engine", true},
		{"nobody imports the command line", "internal/report/report.go", module + "/cmd/pipeline/app", true},
		{"only the ledger speaks SQL", "internal/report/report.go", "database/sql", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := sample(t, map[string]string{c.file: "package p\nimport _ \"" + c.imported + "\"\n"})
			if got := forbiddenImports(tr, rules()); (len(got) > 0) != c.forbidden {
				t.Errorf("forbidden %v, want %v: %v", len(got) > 0, c.forbidden, got)
			}
		})
	}
	t.Run("a nested module may import what it likes", func(t *testing.T) {
		tr := sample(t, map[string]string{
			"sandbox/go.mod": "module sandbox\n", "sandbox/main.go": "package main\nimport _ \"github.com/aws/smithy\"\n",
		})
		wantFound(t, forbiddenImports(tr, rules()))
	})
}

func TestClockRule(t *testing.T) {
	tr := sample(t, map[string]string{
		"a/a.go":      "package a\nimport \"time\"\nvar now = time.Now\nvar t0 = time.Now()\nvar d = time.Since(t0)\n",
		"a/a_test.go": "package a\nimport \"time\"\nvar t1 = time.Now()\n",
		"b/b.go":      "package b\nimport \"time\"\nvar t = time.Until(time.Time{})\n",
	})
	wantFound(t, clockReads(tr, map[string]string{"./b": "it may", "./c": "it did"}), "./c asks", "a/a.go:4", "a/a.go:5")
}

func TestHabits(t *testing.T) {
	long := "package long\n" + strings.Repeat("// line\n", maxLines)
	tr := sample(t, map[string]string{
		"good/good.go":       "// Package good is good.\npackage good\n\ntype t struct{}\n\nfunc (t) init() {}\n",
		"long/long.go":       long,
		"long/long_test.go":  long,
		"long/made.go":       "// Code generated by a test. DO NOT EDIT.\n\npackage long\nfunc init() {}\n" + long[len("package long\n"):],
		"util/u.go":          "// Package util is vague.\npackage util\nfunc init() {}\n",
		"skip/testdata/x.go": "package common\n",
		".cache/x.go":        "package common\n",
	})
	wantFound(t, largeFiles(tr), "long/long.go has 601 lines")
	wantFound(t, initFunctions(tr), "util/u.go:3")
	wantFound(t, vagueNames(tr), "util/u.go: package util")
	wantFound(t, silentPackages(tr), "./long has no package comment")
}

func TestHostRule(t *testing.T) {
	host := registryHosts()[0]
	tr := sample(t, map[string]string{
		"docs/a.md": "fine\nGOPROXY=https://" + host + "\n", "image.bin": "\x00" + host, "bin/tool": host,
	})
	wantFound(t, namedRegistries(tr), "docs/a.md:2 names "+host)
}
