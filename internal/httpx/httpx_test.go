package httpx

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseBase(t *testing.T) {
	for name, c := range map[string]struct {
		raw      string
		insecure bool
		want     string
		wrong    string
	}{
		"keeps https":                         {raw: "https://api.example", want: "https://api.example"},
		"adds https":                          {raw: "api.example", want: "https://api.example"},
		"drops slashes at the end":            {raw: "https://api.example/v1//", want: "https://api.example/v1"},
		"allows http on loopback":             {raw: "http://127.0.0.1:8089/upload/", want: "http://127.0.0.1:8089/upload"},
		"allows http on localhost":            {raw: "http://localhost:1", want: "http://localhost:1"},
		"allows http on IPv6 loopback":        {raw: "http://[::1]:1", want: "http://[::1]:1"},
		"refuses http elsewhere":              {raw: "http://api.example", wrong: "plain http"},
		"refuses names that look like home":   {raw: "http://127.0.0.1.evil.example", wrong: "plain http"},
		"allows http elsewhere when told":     {raw: "http://api.example", insecure: true, want: "http://api.example"},
		"refuses other schemes":               {raw: "ftp://api.example", wrong: "scheme"},
		"refuses nothing":                     {wrong: "empty"},
		"refuses credentials":                 {raw: "https://u:hush@api.example", wrong: "user or password"},
		"refuses a query":                     {raw: "https://api.example/?a=b", wrong: "base address"},
		"does not repeat what it cannot read": {raw: "https://u:hush@[", wrong: "base address"},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := ParseBase("X_HOST", c.raw, c.insecure)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) || !strings.Contains(err.Error(), "X_HOST") {
					t.Fatalf("error %v, want one that names X_HOST and says %q", err, c.wrong)
				}
				if strings.Contains(err.Error(), "hush") {
					t.Errorf("the error repeats the password: %v", err)
				}
				return
			}
			if err != nil || u.String() != c.want {
				t.Errorf("got %v, %v; want %s", u, err, c.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		header, date string
		want         time.Duration
		ok           bool
	}{
		"reads seconds":                 {header: "3", want: 3 * time.Second, ok: true},
		"reads a date by the sender's":  {header: "Fri, 02 Jan 2026 05:00:10 GMT", date: "Fri, 02 Jan 2026 05:00:00 GMT", want: 10 * time.Second, ok: true},
		"reads a date by our clock":     {header: "Fri, 02 Jan 2026 03:04:25 GMT", want: 20 * time.Second, ok: true},
		"takes a past date as now":      {header: "Fri, 02 Jan 2026 03:00:00 GMT", want: 0, ok: true},
		"survives a number without end": {header: "1e300", want: 365 * 24 * time.Hour, ok: true},
		"ignores nonsense":              {header: "soon"},
		"ignores a negative number":     {header: "-5"},
		"ignores not a number":          {header: "NaN"},
		"ignores its absence":           {},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.header != "" {
				h.Set("Retry-After", c.header)
			}
			if c.date != "" {
				h.Set("Date", c.date)
			}
			if d, ok := RetryAfter(h, now); d != c.want || ok != c.ok {
				t.Errorf("got %v, %v; want %v, %v", d, ok, c.want, c.ok)
			}
		})
	}
}
