package salesforce_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cameo/association"
	"cameo/server/salesforce"
	"cameo/server/servertest"
	"cameo/storage/fault"
)

// An id that is taken is the one that was meant: its first fifteen characters, and a checksum that is theirs.
func FuzzIDs(f *testing.F) {
	for _, seed := range []string{
		"0053h000002xQ5s", "0053h000002xQ5sAAE", "005D0000001LL8OIAW", "0D53h00000n2hpkCAA", "015D0000000N3ZZIA0",
		"0F94H000000UF2xSAG", "729D00000000LJLIA2", "005D0000001LL8OIAX", "005", "", "005\x00", "005äöü0000000000",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefix := text[:min(3, len(text))]
		rest, err := salesforce.ParseID(prefix, text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: got %v", text, err)
			}
			return
		}
		short := prefix + rest
		if len(short) != 15 || text != short && text != short+association.Checksum(short) {
			t.Errorf("%q was read as %q", text, short)
		}
	})
}

// Ids that stand in documents have the checksum that ours have.
func TestChecksums(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"0053h000002xQ5sAAE", "005D0000001LL8OIAW", "0D53h00000n2hpkCAA", "015D0000000N3ZZIA0", "0F94H000000UF2xSAG",
		"729D00000000LJLIA2", "729U0000000U9OfIAK",
	} {
		if _, err := salesforce.ParseID(id[:3], id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := salesforce.ParseID(id[:3], strings.ToUpper(id[:15])+id[15:]); err == nil && strings.ToUpper(id[:15]) != id[:15] {
			t.Errorf("%s was taken in other letters", id)
		}
	}
}

// Whatever stands in a body, only fields come of it.
func FuzzBodies(f *testing.F) {
	for _, kind := range []string{"", "application/json", "application/xml", "application/x-www-form-urlencoded"} {
		for _, text := range []string{
			`{"cropX":"1","cropY":2,"fileId":null}`, "{\"a\":\n1}", `{`, `[]`, `{"cropX":[[[`, `<photo><cropX>1</cropX></photo>`,
			`<photo/><photo/>`, `<!DOCTYPE a [<!ENTITY b "c">]><photo><fileId>&b;</fileId></photo>`, "cropX=1&cropX=2", "%", "\xff",
		} {
			f.Add(kind, []byte(text))
		}
	}
	known := map[string]bool{"cropSize": true, "cropX": true, "cropY": true, "fileId": true, "versionNumber": true}
	f.Fuzz(func(t *testing.T, kind string, text []byte) {
		fields, err := salesforce.ReadBody(kind, text)
		if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Malformed) {
			t.Errorf("got %v", err)
		}
		for name := range fields {
			if !known[name] {
				t.Errorf("got the field %q", name)
			}
		}
	})
}

// Whatever stands in parts, the answer is a photo or an array of one error.
func FuzzParts(f *testing.F) {
	picture := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 80)
	for _, seed := range []string{
		multipartBody("xyz", rich("json", `{"cropX":0}`), binaryPart("fileUpload", picture)), multipartBody("xyz"),
		"--xyz\r\n\r\n--xyz--", "--xyz\r\n" + strings.Repeat("A: b\r\n", 2000), "--xyz\r\nContent-Disposition: form-data; name=\"json\";\r\n\r\n{}\r\n--xyz--",
		"--xyz\r\nContent-Disposition: form-data; name=\"fileUpload\"; filename=\"\x00/../a\"\r\n\r\n" + picture + "\r\n--xyz--\r\n",
		strings.Repeat("--xyz\r\nContent-Disposition: form-data; name=\"cropX\"\r\n\r\n0\r\n", 50), "--xyz\r\nContent-Disposition: form-data; " +
			"name=\"json\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FF=\r\n--xyz--", "",
	} {
		f.Add([]byte(seed))
	}
	i := servertest.Start(f)
	token := "Bearer " + i.Token(servertest.Person("jane"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := (&caller{t, i, token}).ask(http.MethodPost, photo, strings.NewReader(string(body)), "Content-Type", asParts)
		var all []struct{ ErrorCode string }
		if got.StatusCode != 201 && (got.StatusCode >= 500 || json.Unmarshal(got.body, &all) != nil || len(all) != 1) {
			t.Errorf("got %v", got)
		}
	})
}
