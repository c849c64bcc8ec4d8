package httpx

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ParseBase reads the base address of a service. Without a scheme it means
// https. Plain http is for loopback addresses, unless insecure says that the
// operator wants it: credentials would travel in the clear. Errors name
// setting. The result has no slash at the end.
func ParseBase(setting, raw string, insecure bool) (*url.URL, error) {
	if raw == "" {
		return nil, fmt.Errorf("%s is empty: give a base address such as https://host.example", setting)
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		// The address may carry a password, so it is not repeated.
		return nil, fmt.Errorf("%s is not a base address such as https://host.example", setting)
	case u.User != nil:
		return nil, fmt.Errorf("%s must not contain a user or password", setting)
	case u.Scheme == "http" && !insecure && !Loopback(u.Hostname()):
		return nil, fmt.Errorf("%s is plain http: use https://%s, plain http is for loopback addresses", setting, u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%s has the scheme %q: use https", setting, u.Scheme)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// Loopback says whether a host is this machine by its name alone, without
// asking a resolver that somebody else may control.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
