package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/report"
	"github.com/longshore/longshore/stages/stage"
)

func rows() []ledger.Row {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return []ledger.Row{
		{Key: "a, \"quoted\" <key>\n.bin", Size: 5, Modified: at, Verdict: stage.Verified, Disposition: stage.Verified, Class: stage.ClassExact, SourceProof: stage.ProofMD5, SHA256: "aa", TargetSHA256: "aa", Updated: at},
		{Key: "b", Size: 7, Modified: at, Updated: at},
	}
}

func written(t *testing.T, name, format string) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	z, err := report.Compress(&out, name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := report.NewObjects(z, format)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := o.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestObjectsAsCompressedLines(t *testing.T) {
	for name, open := range map[string]func(io.Reader) (io.Reader, error){
		"r.ndjson":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"r.ndjson.gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"r.ndjson.zst": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := open(written(t, name, "ndjson"))
			if err != nil {
				t.Fatal(err)
			}
			d := json.NewDecoder(r)
			var got []report.Object
			for {
				var o report.Object
				if err := d.Decode(&o); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				got = append(got, o)
			}
			if len(got) != 2 || got[0].Key != rows()[0].Key || got[0].Disposition != "verified" || got[0].SourceProof != "md5" || got[1].Disposition != "in flight" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestObjectsAsCSV(t *testing.T) {
	got, err := csv.NewReader(written(t, "r.csv", "csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || len(got[0]) != len(got[1]) || got[1][0] != rows()[0].Key || got[2][4] != "in flight" {
		t.Errorf("got %q", got)
	}
}

func TestObjectsInAnUnknownFormat(t *testing.T) {
	if _, err := report.NewObjects(io.Discard, "xml"); err == nil || !strings.Contains(err.Error(), "ndjson") {
		t.Errorf("got %v", err)
	}
}

func TestMigrationInEveryFormat(t *testing.T) {
	s := ledger.Summary{
		Enumerated: ledger.Count{Objects: 3, Bytes: 30}, Listings: 1, Listed: true,
		ByDisposition: map[stage.Disposition]ledger.Count{stage.Verified: {Objects: 2, Bytes: 20}, stage.Failed: {Objects: 1, Bytes: 10}},
	}
	m := report.NewMigration("r", "s3://b", "acme/lab", s, []ledger.Row{{Key: "k", Stage: "upload", Code: "conflict", Reason: "because", Hint: "do this"}})
	m.Work = &report.Work{APIRequests: 6, Packages: 2, APIRequestsPerPackage: 3}
	for format, want := range map[string][]string{
		"json":   {`"schemaVersion": 1`, `"enumerated": 3`, `"api_requests_per_package": 3`, `"state": "completed"`},
		"ndjson": {`"verified":2`},
		"yaml":   {"schemaVersion: 1", "api_requests: 6"},
		"csv":    {"run,state,disposition,objects,bytes", "r,completed,failed,1,10"},
		"table":  {"verified", "enumerated", "30 B", "k  in upload: because", "→ do this", "3.00 a package"},
	} {
		var out bytes.Buffer
		if err := report.Write(&out, format, m); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s does not contain %q:\n%s", format, w, out.String())
			}
		}
	}
	if err := report.Write(io.Discard, "xml", m); err == nil {
		t.Error("an unknown format was accepted")
	}
}
