package salesforce_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// All encodings say the same.
func TestEncodings(t *testing.T) {
	t.Parallel()
	c := start(t)
	picture := quarters(t, 200, 200)
	file := c.upload(picture)
	fields := url.Values{"fileId": {file[:15]}, "cropX": {"0"}, "cropY": {"100"}, "cropSize": {"100"}}
	object := `{"fileId":"` + file + `","cropX":0,"cropY":"100","cropSize":100,"versionNumber":1}`
	for _, one := range []struct{ name, query, kind, body string }{
		{"json", "", "application/json; charset=UTF-8", object},
		{"json over a query", "?cropX=7&cropSize=9000", "application/json", object},
		{"xml", "", "application/xml", `<?xml version="1.0"?><photo><fileId>` + file + `</fileId><cropX>0</cropX>
			<cropY>100</cropY><cropSize>100</cropSize></photo>`},
		{"form", "", "application/x-www-form-urlencoded", fields.Encode()},
		{"query", "?" + fields.Encode(), "application/x-www-form-urlencoded", ""},
		{"query without a type", "?" + fields.Encode(), "", ""},
		{"a rich part alone", "", asParts, multipartBody("xyz", rich("json", object))},
		{"a picture with a rich part", "", asParts, multipartBody("xyz",
			rich("json", `{"cropX":0,"cropY":"100","cropSize":100}`), binaryPart("fileUpload", string(picture)))},
		{"a picture before its part", "", asParts, multipartBody("xyz", binaryPart("fileUpload", string(picture)),
			`Content-Disposition: form-data; name="photo"`+"\r\n\r\n"+`<photo><cropX>0</cropX><cropY>100</cropY><cropSize>100</cropSize></photo>`)},
		{"a picture with a query", "?cropX=0&cropY=100&cropSize=100", asParts, multipartBody("xyz", binaryPart("fileUpload", string(picture)))},
		{"a picture with a rich part over a query", "?cropX=7&cropSize=9000", asParts, multipartBody("xyz",
			binaryPart("fileUpload", string(picture)), rich("json", `{"cropX":0,"cropY":"100","cropSize":100}`))},
		{"parts of text", "", asParts, multipartBody("xyz", binaryPart("fileUpload", string(picture)),
			"Content-Disposition: form-data; name=\"cropX\"\r\nContent-Type: text/plain; charset=US-ASCII\r\nContent-Transfer-Encoding: 8bit\r\n\r\n0",
			"Content-Disposition: form-data; name=\"cropY\"\r\n\r\n100", "Content-Disposition: form-data; name=\"cropSize\"\r\n\r\n100")},
	} {
		got := c.ask("POST", photo+one.query, strings.NewReader(one.body), "Content-Type", one.kind)
		if got.StatusCode != http.StatusCreated {
			t.Errorf("%s: got %v", one.name, got)
			continue
		}
		c.ready("jane", "ready")
		img := c.picture(got.resource(t)["largePhotoUrl"].(string))
		if img.Bounds().Dx() != 100 || !like(img.At(50, 50), colours[2]) {
			t.Errorf("%s: got %v, %v, want the lower left quarter", one.name, img.Bounds(), img.At(50, 50))
		}
	}
}

// What is refused changes nothing, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.MaxPhoto = 300_000 }))
	good := string(quarters(t, 200, 100))
	c.post(binaryPart("fileUpload", good))
	c.ready("jane", "ready")
	before, _ := c.want(200, "GET", photo, nil).resource(t)["photoVersionId"].(string)
	file := c.upload([]byte(good))
	const (
		invalid, argument, illegal = "INVALID_INPUT", "MISSING_ARGUMENT", "ILLEGAL_QUERY_PARAMETER_VALUE"
		asJSON, id                 = "application/json", "INVALID_ID_FIELD"
	)
	named := func(more string) string { return `{"fileId":"` + file + `"` + more + `}` }
	parts := func(all ...string) string { return multipartBody("xyz", all...) }
	cut := "--xyz\r\n" + binaryPart("fileUpload", good) + "\r\n--xyz"
	for _, one := range []struct {
		name   string
		status int
		code   string
		kind   string
		body   string
	}{
		{"nothing", 400, "POST_BODY_PARSE_ERROR", "", ""},
		{"no parts", 400, "POST_BODY_PARSE_ERROR", asParts, "--xyz--\r\n"},
		{"another type", 415, "UNSUPPORTED_MEDIA_TYPE", "image/png", good},
		{"no JSON", 400, "JSON_PARSER_ERROR", asJSON, "{"},
		{"two objects", 400, "JSON_PARSER_ERROR", asJSON, named("") + "{}"},
		{"unknown property", 400, "JSON_PARSER_ERROR", asJSON, `{"id":"x"}`},
		{"wrong JSON type", 400, "POST_BODY_PARSE_ERROR", asJSON, named(`,"cropX":{}`)},
		{"no XML", 400, "XML_PARSER_ERROR", "application/xml", "<photo>"},
		{"another root", 400, "XML_PARSER_ERROR", "application/xml", "<group></group>"},
		{"two roots", 400, "XML_PARSER_ERROR", "application/xml", "<photo/><photo><fileId>" + file + "</fileId></photo>"},
		{"no file", 400, argument, asJSON, `{"cropX":0,"cropY":0,"cropSize":20}`},
		{"part of a crop", 400, argument, asJSON, named(`,"cropX":0,"cropY":0`)},
		{"no size", 400, illegal, asJSON, named(`,"cropX":0,"cropY":0,"cropSize":0`)},
		{"smaller than any picture", 400, illegal, asJSON, named(`,"cropX":0,"cropY":0,"cropSize":15`)},
		{"a negative size", 400, illegal, asJSON, named(`,"cropX":0,"cropY":0,"cropSize":"-1"`)},
		{"a negative place", 400, illegal, asJSON, named(`,"cropX":-1,"cropY":0,"cropSize":20`)},
		{"below zero, and not", 400, illegal, asJSON, named(`,"cropX":"-0","cropY":0,"cropSize":20`)},
		{"half a pixel", 400, illegal, asJSON, named(`,"cropX":1.5,"cropY":0,"cropSize":20`)},
		{"no number at all", 400, illegal, asJSON, named(`,"cropX":"","cropY":"0","cropSize":"20"`)},
		{"beyond the edge", 400, invalid, asJSON, named(`,"cropX":101,"cropY":0,"cropSize":100`)},
		{"beyond every number", 400, illegal, asJSON, named(`,"cropX":99999999999999999999,"cropY":0,"cropSize":100`)},
		{"higher than it is", 400, invalid, asJSON, named(`,"cropX":0,"cropY":0,"cropSize":101`)},
		{"a person's id", 400, id, asJSON, `{"fileId":"005D00000000001"}`},
		{"a wrong checksum", 400, id, asJSON, `{"fileId":"` + file[:15] + `000"}`},
		{"no such file", 404, "NOT_FOUND", asJSON, `{"fileId":"069000000000001"}`},
		{"no such version", 404, "NOT_FOUND", asJSON, named(`,"versionNumber":"7"`)},
		{"both", 400, illegal, asParts, parts(rich("json", named("")), binaryPart("fileUpload", good))},
		{"both, the other way round", 400, illegal, asParts, parts(binaryPart("fileUpload", good), rich("json", named("")))},
		{"two pictures", 400, "POST_BODY_PARSE_ERROR", asParts, parts(binaryPart("fileUpload", good), binaryPart("fileUpload", good))},
		{"no picture", 400, invalid, asParts, parts(binaryPart("fileUpload", "GIF is what I say and not what I am"))},
		{"an empty picture", 400, invalid, asParts, parts(binaryPart("fileUpload", ""))},
		{"a cut picture", 400, invalid, asParts, parts(binaryPart("fileUpload", good[:len(good)/2]))},
		{"a picture and a wrong crop", 400, invalid, asParts, parts(binaryPart("fileUpload", good), rich("json", `{"cropX":1,"cropY":1,"cropSize":100}`))},
		{"an unknown part", 400, "POST_BODY_PARSE_ERROR", asParts, parts(binaryPart("file", good))},
		{"no end", 400, "POST_BODY_PARSE_ERROR", asParts, "--xyz\r\n" + binaryPart("fileUpload", good)},
		{"a large head", 400, "POST_BODY_PARSE_ERROR", asParts, parts(binaryPart("fileUpload", good), "X: "+strings.Repeat("x", 70_000)+"\r\n\r\n0")},
		{"nothing behind a delimiter", 400, "POST_BODY_PARSE_ERROR", asParts, cut},
		{"a line's end behind it", 400, "POST_BODY_PARSE_ERROR", asParts, cut + "\r\n"},
		{"a cut head", 400, "POST_BODY_PARSE_ERROR", asParts, cut + "\r\nContent-Disposition: form-data; name=\"json\""},
		{"a head and no part", 400, "POST_BODY_PARSE_ERROR", asParts, cut + "\r\nContent-Disposition: form-data; name=\"json\"\r\n"},
		{"no boundary", 400, "POST_BODY_PARSE_ERROR", "multipart/form-data", parts(binaryPart("fileUpload", good))},
		{"too large", 413, "STORAGE_LIMIT_EXCEEDED", asParts, parts(binaryPart("fileUpload", string(servertest.Picture("x", 300_001))))},
		{"a large part of text", 413, "STORAGE_LIMIT_EXCEEDED", asParts, parts(rich("json", strings.Repeat(" ", 70_000)))},
	} {
		m := c.refused(one.status, one.code, "POST", photo, strings.NewReader(one.body), "Content-Type", one.kind)
		if one.name == "unknown property" && m != `Unrecognized field "id" at [line:1, column:6]` {
			t.Errorf("%s: got %q", one.name, m)
		}
		if one.name == "higher than it is" && !strings.HasPrefix(m, "bad_crop: ") {
			t.Errorf("%s: got %q, want its reason first", one.name, m)
		}
	}
	if got := c.version(photo); got != before {
		t.Errorf("got the version %s, want %s as before", got, before)
	}
	left := c.uploads()
	for _, u := range left {
		if u.State == storage.Active {
			t.Errorf("an upload is left: %+v", u)
		}
	}
	if n := complete(left); n != 2 { // the photo's picture, and the file
		t.Errorf("%d complete uploads are left, want 2", n)
	}
}

func complete(all []storage.Upload) (n int) {
	for _, u := range all {
		if u.State == storage.Complete {
			n++
		}
	}
	return n
}

// A picture whose structure is good and whose pixels are not leaves the old one in place, and that is told.
func TestAPictureThatCannotBeProcessed(t *testing.T) {
	t.Parallel()
	c := start(t)
	first := c.post(binaryPart("fileUpload", string(quarters(t, 200, 200)))).resource(t)["photoVersionId"]
	c.ready("jane", "ready")
	broken := quarters(t, 300, 300)
	for n := range 30 { // of its compressed pixels; the chunk's checksum is not right any more
		broken[len(broken)/2+n] ^= 0xff
	}
	got := c.post(binaryPart("fileUpload", string(broken)))
	if got.StatusCode != http.StatusCreated {
		t.Fatalf("got %v", got)
	}
	c.ready("jane", "failed")
	img := c.picture(got.resource(t)["largePhotoUrl"].(string))
	if img.Bounds().Dx() != 200 || !like(img.At(50, 50), colours[0]) {
		t.Errorf("the address of what failed: got %v %v, want the photo before", img.Bounds(), img.At(50, 50))
	}
	// The resource, also the one that answered before, says where that is told.
	link := regexp.MustCompile(`^<([^>]+)>; rel="describedby"; type="application/json"$`).FindStringSubmatch(got.Header.Get("Link"))
	if len(link) != 2 {
		t.Fatalf("got Link %q", got.Header.Get("Link"))
	}
	told := c.want(200, "GET", link[1], nil, "Accept", "application/json")
	if !strings.Contains(string(told.body), `"state":"failed"`) || !strings.Contains(string(told.body), `"reason"`) {
		t.Errorf("got %s, want the failure and its reason", told.body)
	}
	now := c.want(200, "GET", photo, nil)
	if v := now.resource(t)["photoVersionId"]; v != first || now.Header.Get("Link") != got.Header.Get("Link") {
		t.Errorf("got the version %v, Link %q, want %v as before", v, now.Header.Get("Link"), first)
	}
	other := c.as("john").want(200, "GET", v58+"/connect/user-profiles/"+c.id()+"/photo", nil)
	if link := other.Header.Get("Link"); link != "" {
		t.Errorf("another person is told %q", link)
	}
}
