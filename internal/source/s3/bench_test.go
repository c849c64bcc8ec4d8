package s3

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"testing"
)

// BenchmarkRead reads a 256 MiB object from a real S3 server on this machine,
// and tells by how much that raises the peak RSS of the reading process.
func BenchmarkRead(b *testing.B) {
	useEndpoint(b, gateway(b))
	const size, part = 256 << 20, 16 << 20
	content := noise(part)
	parts := make([][]byte, size/part)
	for i := range parts {
		parts[i] = content
	}
	for _, tc := range []struct {
		name          string
		hideChecksums bool
	}{{"crc64nvme", false}, {"md5-16", true}} {
		b.Run(tc.name, func(b *testing.B) {
			proxy := newFaultyProxy(b, os.Getenv("AWS_ENDPOINT_URL_S3"))
			proxy.hideChecksums = tc.hideChecksums
			if tc.hideChecksums {
				useEndpoint(b, serve(b, proxy))
			}
			s := openSource(b, Options{Bucket: bucketName()})
			newBucket(b, s, false)
			putParts(b, s, "k", "", "", parts...)
			o, err := s.Stat(b.Context(), s.opts.Bucket, "k")
			if err != nil {
				b.Fatal(err)
			}
			debug.FreeOSMemory()
			os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // resets the peak, where there is one
			before := peakRSS()
			b.SetBytes(size)
			for b.Loop() {
				body, err := s.Open(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, body); err != nil {
					b.Fatal(err)
				}
				if string(body.Proof()) != tc.name {
					b.Fatalf("proof %q", body.Proof())
				}
				body.Close()
			}
			b.ReportMetric(peakRSS()-before, "RSS-growth-MiB")
		})
	}
}

func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kib float64
	for line := range bytes.Lines(status) {
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	return 0
}
