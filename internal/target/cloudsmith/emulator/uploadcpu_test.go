package emulator

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The client of BenchmarkUploadCPU is this test binary again, so that only the
// Server's own work counts.
const (
	clientURL   = "EMULATOR_BENCH_URL"
	clientKey   = "EMULATOR_BENCH_KEY"
	clientCount = "EMULATOR_BENCH_COUNT"

	cpuUploadBytes = 64 << 20
)

// TestBenchmarkClient uploads for BenchmarkUploadCPU; it does nothing in any
// other run.
func TestBenchmarkClient(t *testing.T) {
	url := os.Getenv(clientURL)
	if url == "" {
		t.Skip("is the client of a benchmark")
	}
	n, err := strconv.Atoi(os.Getenv(clientCount))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/acme/lab/big-"+strconv.Itoa(i), &zeros{left: cpuUploadBytes})
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = cpuUploadBytes
		req.Header.Set("X-Api-Key", os.Getenv(clientKey))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
	}
}

// BenchmarkUploadCPU measures the CPU that the Server spends on an upload, in
// user and system mode, against computing the four digests of as many bytes in
// the same run. "extra/digests" is what everything but the digests costs:
// reading from the network, writing to disk, the HTTP.
func BenchmarkUploadCPU(b *testing.B) {
	r, err := Start("127.0.0.1:0", Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Stop()
	// Two turns of each, interleaved, even out what else the machine does.
	var server, digests time.Duration
	uploads := 0
	for b.Loop() {
		for range 2 {
			digests += cpuOf(b, func() error { digestZeros(4 * cpuUploadBytes); return nil })
			server += cpuOf(b, func() error { return runClient(r, 4) })
			uploads += 4
			if err := r.Reset(); err != nil {
				b.Fatal(err)
			}
		}
	}
	gib := float64(uploads) * cpuUploadBytes / (1 << 30)
	b.ReportMetric(digests.Seconds()/gib, "digests-cpu-s/GiB")
	b.ReportMetric(server.Seconds()/gib, "server-cpu-s/GiB")
	b.ReportMetric(float64(server-digests)/float64(digests), "extra/digests")
}

func digestZeros(n int) {
	d, buf := newDigester(), make([]byte, bufferSize)
	for range n / len(buf) {
		_, _ = d.Write(buf)
	}
	d.sum()
}

// runClient uploads n files from another process.
func runClient(r *Running, n int) error {
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchmarkClient$", "-test.count=1")
	cmd.Env = append(os.Environ(), clientURL+"="+r.UploadURL, clientKey+"="+r.APIKey(), clientCount+"="+strconv.Itoa(n))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("client: %w: %s", err, out)
	}
	return nil
}

// cpuOf is the CPU time of this process while f runs.
func cpuOf(tb testing.TB, f func() error) time.Duration {
	tb.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			tb.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := used()
	if err := f(); err != nil {
		tb.Fatal(err)
	}
	return used() - start
}
