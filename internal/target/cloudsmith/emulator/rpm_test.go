package emulator

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// rpm is a file with the parts that signing looks at: a lead, a signature
// header of the given entries, and content.
func rpm(entries, store, content string) string {
	var b bytes.Buffer
	b.WriteString("\xed\xab\xee\xdb" + strings.Repeat("L", rpmLead-4) + "\x8e\xad\xe8\x01\x00\x00\x00\x00")
	_ = binary.Write(&b, binary.BigEndian, []uint32{uint32(len(entries) / rpmEntry), uint32(len(store))})
	b.WriteString(entries + store + strings.Repeat("\x00", int(pad(int64(len(store))))) + content)
	return b.String()
}

func rpmEntryOf(tag, offset, count uint32) string {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, []uint32{tag, rpmTypeBin, offset, count})
	return b.String()
}

func TestRPMsAreSigned(t *testing.T) {
	const content = "header and payload, as they were"
	old := strings.Repeat("o", rpmSignature)
	files := map[string]string{
		"without a signature":            rpm(rpmEntryOf(1000, 0, 5), "12345", content),
		"with an older signature":        rpm(rpmEntryOf(1000, 0, 5)+rpmEntryOf(rpmTagRSA, 5, rpmSignature), "12345"+old, content),
		"larger than a buffer":           rpm("", "", strings.Repeat(content, 20_000)),
		"that is none":                   "made-up bytes",
		"that ends in its header":        rpm(rpmEntryOf(1000, 0, 5), "12345", "")[:rpmLead+20],
		"whose header is absurdly large": rpm("", "", "")[:rpmLead+8] + "\xff\xff\xff\xff\xff\xff\xff\xff",
		"of no bytes":                    "",
	}
	for name, file := range files {
		t.Run("a file "+name, func(t *testing.T) {
			l := newLab(t, Options{})
			stored := func() string {
				p := l.create("rpm", l.upload("a-1.rpm", file), "distribution", "el/9", "republish", true).want(201).object()
				if p["checksum_sha256"] == sha256Of(file) {
					t.Error("the digest is that of the upload")
				}
				got := l.do("GET", p["cdn_url"].(string), "").want(200).body
				if p["checksum_sha256"] != sha256Of(got) || int(p["size"].(float64)) != len(got) {
					t.Errorf("%v bytes of %v are shown, %d of %s stored", p["size"], p["checksum_sha256"], len(got), sha256Of(got))
				}
				return got
			}
			first := stored()
			if second := stored(); first != second {
				t.Error("signing twice gives different bytes")
			}
			if strings.Contains(file, content) && !strings.HasSuffix(first, file[strings.Index(file, content):]) { //nolint:gocritic // it is there
				t.Error("header and payload have changed")
			}
			if strings.Contains(first, old) {
				t.Error("the older signature is still there")
			}
			if st := l.Stats(); st.StoredBytes != int64(len(first)) {
				t.Errorf("%d bytes are counted, %d are stored", st.StoredBytes, len(first))
			}
		})
	}
	t.Run("a signed file can be read again", func(t *testing.T) {
		l := newLab(t, Options{})
		p := l.create("rpm", l.upload("a-1.rpm", files["without a signature"]), "distribution", "el/9").want(201).object()
		got := l.do("GET", p["cdn_url"].(string), "").want(200).body
		h, start, err := readRPM(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if len(h.entries) != 2*rpmEntry || string(h.store[:5]) != "12345" || got[start:] != content {
			t.Errorf("entries %x, store %q, content %q", h.entries, h.store, got[start:])
		}
	})
	t.Run("unless that is switched off", func(t *testing.T) {
		l := newLab(t, Options{KeepRPMs: true})
		l.create("rpm", l.upload("a-1.rpm", "bytes"), "distribution", "el/9").want(201).contains(sha256Of("bytes"))
	})
}
