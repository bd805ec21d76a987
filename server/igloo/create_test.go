package igloo_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cameo/server/boot"
)

const (
	asJSON = "Content-Type: application/json"
	asForm = "Content-Type: application/x-www-form-urlencoded"
	asPart = "Content-Type: multipart/form-data; boundary=x"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	part := func(name, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for _, c := range []struct {
		name, head, body string
		status           int
		param            string // that the refusal names
	}{
		{"JSON", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"me.png"}`, 201, ""},
		{"digits", asJSON, `{"ContentLength":"1000","ContentType":"image/png","Name":"me.png"}`, 201, ""},
		{"other case", asJSON + "; charset=utf-8", `{"contentlength":1000,"CONTENTTYPE":"image/png","name":"me.png"}`, 201, ""},
		{"form", asForm, "ContentLength=1000&contentType=image%2Fpng&Name=me.png", 201, ""},
		{"multipart", asPart, part("ContentLength", "1000") + part("contenttype", "image/png") + part("NAME", "me.png") + "--x--\r\n", 201, ""},
		{"image/jpg", asJSON, `{"ContentLength":1000,"ContentType":"image/jpg","Name":"me"}`, 201, ""},
		{"capitals and parameters", asJSON, `{"ContentLength":1000,"ContentType":"IMAGE/PNG; q=1","Name":"me"}`, 201, ""},

		{"no length", asJSON, `{"ContentType":"image/png","Name":"me.png"}`, 422, "ContentLength"},
		{"length 0", asJSON, `{"ContentLength":0,"ContentType":"image/png","Name":"me.png"}`, 422, "ContentLength"},
		{"negative", asJSON, `{"ContentLength":-1,"ContentType":"image/png","Name":"me.png"}`, 422, "ContentLength"},
		{"fraction", asJSON, `{"ContentLength":1.5,"ContentType":"image/png","Name":"me.png"}`, 422, "ContentLength"},
		{"list", asJSON, `{"ContentLength":[1],"ContentType":"image/png","Name":"me.png"}`, 422, "ContentLength"},
		{"above the limit", asJSON, `{"ContentLength":1048577,"ContentType":"image/png","Name":"me.png"}`, 413, ""},
		{"beyond numbers", asJSON, `{"ContentLength":99999999999999999999,"ContentType":"image/png","Name":"me"}`, 413, ""},
		{"no type", asJSON, `{"ContentLength":1000,"Name":"me.png"}`, 422, "ContentType"},
		{"SVG", asJSON, `{"ContentLength":1000,"ContentType":"image/svg+xml","Name":"me.svg"}`, 415, "ContentType"},
		{"HTML", asForm, "ContentLength=1000&ContentType=text/html&Name=me.html", 415, "ContentType"},
		{"line break in the type", asJSON, `{"ContentLength":1000,"ContentType":"image/png\r\nX: y","Name":"me"}`, 422, "ContentType"},
		{"line break behind the type", asForm, "ContentLength=1000&ContentType=image/png%3bq%0a&Name=me", 422, "ContentType"},
		{"exponent", asJSON, `{"ContentLength":1e3,"ContentType":"image/png","Name":"me"}`, 422, "ContentLength"},
		{"object as length", asJSON, `{"ContentLength":{"a":1},"ContentType":"image/png","Name":"me"}`, 422, "ContentLength"},
		{"true as length", asJSON, `{"ContentLength":true,"ContentType":"image/png","Name":"me"}`, 422, "ContentLength"},
		{"null length", asJSON, `{"ContentLength":null,"ContentType":"image/png","Name":"me"}`, 422, "ContentLength"},
		{"number as type", asJSON, `{"ContentLength":1000,"ContentType":5,"Name":"me"}`, 422, "ContentType"},
		{"number as name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":5}`, 422, "Name"},
		{"object as name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":{"a":"b"}}`, 422, "Name"},
		{"false as name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":false}`, 422, "Name"},
		{"no name", asJSON, `{"ContentLength":1000,"ContentType":"image/png"}`, 422, "Name"},
		{"null name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":null}`, 422, "Name"},
		{"NUL in the name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"a\u0000b"}`, 422, "Name"},
		{"line break in the name", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"a\r\nX-Bad: 1"}`, 422, "Name"},
		{"10 kB of name", asForm, "ContentLength=1000&ContentType=image/png&Name=" + strings.Repeat("n", 10_000), 422, "Name"},
		{"only directories", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"../../"}`, 422, "Name"},

		{"given twice", asJSON, `{"ContentLength":1000,"contentLength":5,"ContentType":"image/png","Name":"me"}`, 400, "contentlength"},
		{"given twice in one case", asJSON, `{"Name":"a","ContentLength":1000,"ContentType":"image/png","Name":"me"}`, 400, "name"},
		{"given twice, once null", asJSON, `{"Name":null,"ContentLength":1000,"ContentType":"image/png","name":"me"}`, 400, "name"},
		{"no UTF-8", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"` + "\xff" + `"}`, 400, ""},
		{"more behind the object", asJSON, `{"ContentLength":1000,"ContentType":"image/png","Name":"me"}{}`, 400, ""},
		{"no JSON", asJSON, `{"ContentLength":`, 400, ""},
		{"JSON, but no object", asJSON, `[1]`, 400, ""},
		{"broken escape", asForm, "ContentLength=%zz", 400, ""},
		{"broken multipart", asPart, "--x\r\nnonsense", 400, ""},
		{"XML", "Content-Type: text/xml", "<a/>", 415, ""},
		{"too large a body", asForm, "Name=" + strings.Repeat("n", 70_000), 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			got := i.send(request{method: "POST", path: attachments, as: jane, head: []string{c.head}, body: []byte(c.body)})
			wantStatus(t, got, c.status)
			if c.status == http.StatusCreated {
				wantCreated(t, got)
				return
			}
			if have := got.exception(t).token("ParameterName"); have != c.param {
				t.Errorf("ParameterName: got %q, want %q", have, c.param)
			}
		})
	}
}

func wantCreated(t *testing.T, got answer) {
	t.Helper()
	want := regexp.MustCompile(`^` + regexp.QuoteMeta(attachments) + `/uploads/[0-9A-Za-z]{10}$`)
	if have := got.Header.Get("Location"); !want.MatchString(have) {
		t.Errorf("Location: got %q, want it to match %s", have, want)
	}
	wantProgress(t, got, 0)
	var a map[string]any
	if err := json.Unmarshal(got.body, &a); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"binaryLocation", "thumbnailLocation"} {
		if _, there := a[name]; there {
			t.Errorf("%s is told before there is anything", name)
		}
	}
	if a["state"] != "active" || a["isComplete"] != false || a["contentLength"] != float64(size) {
		t.Errorf("got %v, want an active attachment of %d bytes", a, size)
	}
}

func TestAllWrongParametersAreToldAtOnce(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	got := i.send(request{method: "POST", path: attachments, as: jane, head: []string{asJSON}, body: []byte(`{}`)})
	wantStatus(t, got, http.StatusUnprocessableEntity)
	e := got.exception(t)
	if len(e.ErrorList) != 3 || e.Type != "Validation_ReportInvalidInput" || e.ErrorID != 49763 || e.ErrorList[0].ErrorID != 888151 {
		t.Errorf("got %+v, want Igloo's report of three parameters", e)
	}
	if !regexp.MustCompile(`^/Date\(\d{13}\+0000\)/$`).MatchString(e.Timestamp) {
		t.Errorf("timestamp: got %q", e.Timestamp)
	}
}

func TestTheSameRequestMakesOneEntry(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	r := request{
		method: "POST", path: attachments, as: jane, head: []string{asJSON, "Idempotency-Key: once"},
		body: []byte(`{"ContentLength":1000,"ContentType":"image/png","Name":"me.png"}`),
	}
	first, second := i.send(r).Header.Get("Location"), i.send(r).Header.Get("Location")
	if first != second || first == "" {
		t.Errorf("got %q, want the first one's %q", second, first)
	}
}

// Strangers, other people and other communities; and paths in any case.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key, _ := i.uploaded("me")
	at := attachments + "/" + key
	for _, c := range []struct {
		name, method, path, as string
		status                 int
	}{
		{"a stranger", "GET", at, "", 401},
		{"the uploader", "GET", at, jane, 200},
		{"the uploader, headers only", "HEAD", at, jane, 200},
		{"the first page's headers", "HEAD", "/", "", 200},
		{"the pages' headers", "HEAD", "/docs", "", 200},
		{"the description's headers", "HEAD", "/openapi.yaml", "", 200},
		{"headers of the health", "HEAD", "/healthz", "", 200},
		{"headers of the readiness", "HEAD", "/readyz", "", 200},
		{"another person", "GET", at, john, 404},
		{"an administrator", "GET", at, admin, 200},
		{"another community", "GET", strings.Replace(at, "/1/", "/2/", 1), jane, 404},
		{"no community", "GET", strings.Replace(at, "/1/", "/x/", 1), jane, 404},
		{"a key that nobody has", "GET", attachments + "/0000000000", jane, 404},
		{"the key in another case", "GET", attachments + "/" + swapCase(key), jane, 404},
		{"the path in another case", "GET", "/.API2/Api/V1/Communities/1/Attachments/Uploads/" + key, jane, 200},
		{"the file, in another case", "GET", "/.api2/Binaries/" + key + "/Download/x", jane, 200},
		{"another person's file", "GET", "/.api2/binaries/" + key + "/download/me.png", john, 404},
		{"no such method", "PUT", at, jane, 405},
		{"no such path", "GET", "/.api2/api/v1/nothing", jane, 404},
		{"another person deletes", "DELETE", at, john, 404},
		{"another person associates", "POST", at + "/association/" + john + "?type=ProfilePhoto", john, 404},
		{"for another person", "POST", at + "/association/" + john + "?type=ProfilePhoto", jane, 403},
		{"for nobody", "POST", at + "/association/me?type=ProfilePhoto", jane, 422},
		{"as nothing", "POST", at + "/association/" + jane, jane, 422},
		{"as two things", "POST", at + "/association/" + jane + "?type=ProfilePhoto&Type=Banner", jane, 422},
		{"as one thing and nothing", "POST", at + "/association/" + jane + "?type=ProfilePhoto&type=", jane, 422},
		{"as something else", "POST", at + "/association/" + jane + "?type=Banner", jane, 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			got := i.send(request{method: c.method, path: c.path, as: c.as})
			wantStatus(t, got, c.status)
			if got.StatusCode >= 400 {
				got.exception(t)
			}
		})
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 32
		}
		if r >= 'A' && r <= 'Z' {
			return r + 32
		}
		return r
	}, s)
}

// One person's unfinished uploads are counted; another person's are not, and finishing one makes room.
func TestOpenUploadsAreCounted(t *testing.T) {
	t.Parallel()
	i := start(t, func(c *boot.Config) { c.MaxOpen = 2 })
	form := request{
		method: "POST", path: attachments, as: jane, head: []string{"Content-Type: application/x-www-form-urlencoded"},
		body: []byte("ContentLength=1000&ContentType=image/png&Name=me.png"),
	}
	i.create(size, "image/png")
	key := i.create(size, "image/png")
	got := i.send(form)
	wantStatus(t, got, http.StatusTooManyRequests)
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	johns := form
	johns.as = john
	wantStatus(t, i.send(johns), http.StatusCreated)
	wantStatus(t, i.send(request{method: "DELETE", path: attachments + "/" + key, as: jane}), http.StatusNoContent)
	wantStatus(t, i.send(form), http.StatusCreated)
}
