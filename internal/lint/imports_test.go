package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rule forbids imports. A pattern is an import path, with "/..." for all below
// and itself; packages of the product begin with "./".
type rule struct {
	sentence string
	// from are the packages it binds, but for the exempt ones.
	from, exempt []string
	// deny are the imports that it forbids, but for the allowed ones. What
	// lies below a package is its own and always allowed.
	deny, allow []string
	// tests says that it binds test files, too.
	tests bool
}

// The only place that names every driver.
const wiring = "./cmd/pipeline/app"

func rules() []rule {
	everybody := []string{"./..."}
	stages := []string{"./stages/..."}
	notStages := []string{"./stages", "./stages/stage", "./stages/stagetest"}
	cloud := []string{"github.com/aws/...", "github.com/minio/minio-go/..."}
	kafka := []string{
		"github.com/IBM/sarama/...", "github.com/twmb/franz-go/...", "github.com/ThreeDotsLabs/watermill-kafka/...",
	}
	all := []rule{
		{
			sentence: "the contract knows nobody: a stranger implements a stage or a driver from it alone",
			from:     []string{"./stages/stage"}, deny: everybody,
		},
		{
			sentence: "a stage imports the contract, the formats, the standard library and domain libraries, so that it runs on any bus, source and target",
			from:     stages, exempt: notStages,
			deny: everybody, allow: []string{"./stages/stage", "./internal/format/..."},
		},
		{
			sentence: "a stage's test needs the suite besides, and no server",
			from:     stages, exempt: notStages, tests: true,
			deny: everybody, allow: []string{"./stages/...", "./internal/format/..."},
		},
		{
			sentence: "a stage talks to the far side through its ports only",
			from:     stages, tests: true,
			deny: slices.Concat(cloud, kafka, []string{"github.com/ThreeDotsLabs/...", "modernc.org/sqlite/...", "net/http"}),
		},
		{
			sentence: "the suite and its in-memory ports stand on the contract only",
			from:     []string{"./stages/stagetest", "./internal/source/sourcetest", "./internal/target/targettest", "./internal/staging/stagingtest", "./internal/ledger/ledgertest"},
			deny:     everybody, allow: []string{"./stages/stage"},
		},
		{
			sentence: "the topology checks declarations: it knows specs, not stages",
			from:     []string{"./topology"}, deny: everybody, allow: []string{"./stages/stage"},
		},
		{
			sentence: "the engine runs whatever plan it is given: it imports no stage",
			from:     []string{"./internal/engine/..."}, deny: stages, allow: []string{"./stages/stage"}, tests: true,
		},
		{
			sentence: "a driver implements ports and imports no engine, no topology and no stage",
			from:     []string{"./internal/source/...", "./internal/target/...", "./internal/staging/...", "./internal/ledger/...", "./internal/bus/..."},
			deny:     []string{"./internal/engine/...", "./topology/...", "./stages/..."}, allow: []string{"./stages/stage"},
		},
		{
			sentence: "removing Kafka means deleting one folder: only internal/bus imports its clients",
			from:     everybody, exempt: []string{"./internal/bus/..."}, deny: kafka, tests: true,
		},
		{
			sentence: "removing S3 means deleting one folder: only the S3 drivers import AWS packages",
			from:     everybody, exempt: []string{"./internal/source/s3/...", "./internal/staging/s3/..."}, deny: cloud,
		},
		{
			sentence: "SQL stays in the ledger",
			from:     everybody, exempt: []string{"./internal/ledger/..."},
			deny: []string{"database/sql/...", "modernc.org/sqlite/...", "github.com/pressly/goose/..."},
		},
		{
			sentence: "the list of stages is for the program: everybody else is given specs",
			from:     everybody, exempt: []string{"./cmd/..."}, deny: []string{"./stages"},
		},
		{
			sentence: "nobody imports the command line",
			from:     everybody, exempt: []string{"./cmd/..."}, deny: []string{"./cmd/..."}, tests: true,
		},
	}
	for _, d := range drivers() {
		all = append(all, rule{
			sentence: "only " + wiring + " names drivers: " + d.pkg + " can be taken out there",
			from:     everybody, exempt: append(d.known, wiring, d.pkg+"/..."), deny: []string{d.pkg + "/..."},
		})
	}
	return all
}

// driver is a package that implements a port, and who besides the wiring may
// know it.
type driver struct {
	pkg   string
	known []string
}

func drivers() []driver {
	return []driver{
		{"./internal/source/s3", nil},
		{"./internal/target/cloudsmith", nil},
		{"./internal/staging/dir", nil},
		// The report shows the sums that the ledger computes.
		{"./internal/ledger", []string{"./internal/report"}},
		// The embedded bus is a broker behind the same client.
		{"./internal/bus/kafka", []string{"./internal/bus/embedded"}},
		{"./internal/bus/embedded", nil},
	}
}

// covers says whether a pattern matches a path.
func covers(pattern, path string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	if !below {
		return pattern == path
	}
	return path == root || strings.HasPrefix(path, root+"/")
}

func anyCovers(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, path) })
}

// forbids says whether r keeps the package from the import.
func (r rule) forbids(pkg, imported string) bool {
	own := imported == pkg || strings.HasPrefix(imported, pkg+"/")
	return !own && anyCovers(r.from, pkg) && !anyCovers(r.exempt, pkg) && anyCovers(r.deny, imported) && !anyCovers(r.allow, imported)
}

// forbiddenImports checks the files of the product. Nested modules have their
// own go.mod, which is there to be apart.
func forbiddenImports(tr tree, all []rule) []string {
	var found []string
	for _, f := range tr.files {
		if f.nested {
			continue
		}
		for _, imported := range f.imports() {
			for _, r := range all {
				if (r.tests || !f.test) && r.forbids(f.pkg(), imported) {
					found = append(found, fmt.Sprintf("%s imports %s: %s", f.path, imported, r.sentence))
				}
			}
		}
	}
	return found
}

func TestImportsGoOneWay(t *testing.T) { report(t, forbiddenImports(source(t), rules())) }

// A rule about a package that was renamed would hold for ever.
func TestImportRulesSpeakOfWhatExists(t *testing.T) {
	packages := map[string]bool{}
	for _, f := range source(t).files {
		packages[f.pkg()] = true
	}
	for _, r := range rules() {
		for _, pattern := range slices.Concat(r.from, r.deny) {
			if !strings.HasPrefix(pattern, "./") {
				continue
			}
			exists := false
			for p := range packages {
				exists = exists || covers(pattern, p)
			}
			if !exists {
				t.Errorf("no package is %s any more: %s", pattern, r.sentence)
			}
		}
	}
}
