package wire

import (
	"strconv"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// Version is the schema version of envelopes.
//
// A minor version adds optional fields: older readers pass over what they do
// not know. A major version changes the meaning of what is there: older
// readers park such a record rather than misread it.
type Version struct{ Major, Minor int }

// Current is what Encode writes.
func Current() Version { return Version{Major: 1, Minor: 0} }

const schemaPrefix = "urn:longshore:envelope:"

// URN is the version as the ce_dataschema header has it.
func (v Version) URN() string {
	return schemaPrefix + strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor)
}

// versionOf reads the header. A record without one was written by hand or by
// a tool, in the first schema.
func versionOf(header string) (Version, error) {
	if header == "" {
		return Version{Major: 1}, nil
	}
	rest, ok := strings.CutPrefix(header, schemaPrefix)
	major, minor, dotted := strings.Cut(rest, ".")
	v := Version{}
	var errMajor, errMinor error
	v.Major, errMajor = strconv.Atoi(major)
	v.Minor, errMinor = strconv.Atoi(minor)
	if !ok || !dotted || errMajor != nil || errMinor != nil || v.Major < 1 || v.Minor < 0 {
		return Version{}, stage.Poisonf("header %s is %.80q, not like %q", HeaderSchema, header, Current().URN())
	}
	if v.Major != Current().Major {
		return Version{}, stage.Poisonf("schema version %d.%d is not one that this version of Longshore reads (%d.x)",
			v.Major, v.Minor, Current().Major)
	}
	return v, nil
}
