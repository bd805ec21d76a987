package gigya_test

import (
	"compress/gzip"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/boot"
	"cameo/server/gigya"
	"cameo/storage"
	"cameo/storage/fault"
)

// zeros is randomness that is none.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	h := gigya.New(gigya.Config{Clock: func() storage.Millis { return 1_427_024_545_943 }, Random: zeros{}})
	for _, k := range fault.Kinds() {
		w := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/accounts.getAccountInfo?httpStatusCodes=true", nil), w)
		c.SetPath("/accounts.getAccountInfo")
		if err := h.Fail(c, fault.New(k, "a sentence")); err != nil {
			t.Fatal(err)
		}
		if ours := w.Code >= 500; ours != k.Ours() || w.Code < 400 {
			t.Errorf("%s: got %d", k, w.Code)
		}
		if body := w.Body.String(); strings.Contains(body, `"errorCode":0`) || strings.Contains(body, `"errorMessage":""`) {
			t.Errorf("%s: got %s", k, body)
		}
	}
}

// Golden answers: a request, and every byte of its answer but the time and the id.
func TestEnvelopes(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	key := "apiKey=" + i.key
	changing := regexp.MustCompile(`[0-9a-f]{32}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|[\w-]{100,}`)
	for _, c := range []struct {
		name, path string
		status     int
		kind, want string
	}{
		{
			"success", "/accounts.initRegistration?context=R1&" + key, 200, "application/json",
			`{"callId":"*","context":"R1","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK","time":"*","regToken":"*"}`,
		},
		{
			"a failure with HTTP 200", "/accounts.setProfilePhoto?" + key, 200, "application/json",
			`{"callId":"*","errorCode":400002,"errorDetails":"Missing required parameter : photoBytes","errorMessage":"Missing required parameter",` +
				`"apiVersion":2,"statusCode":400,"statusReason":"Bad Request","time":"*"}`,
		},
		{
			"with a status of its own", "/accounts.getAccountInfo?httpStatusCodes=True", 400, "application/json",
			`{"callId":"*","errorCode":400093,"errorDetails":"Invalid ApiKey parameter","errorMessage":"Invalid ApiKey parameter",` +
				`"apiVersion":2,"statusCode":400,"statusReason":"Bad Request","time":"*"}`,
		},
		{
			"JSONP", "/accounts.getAccountInfo?format=jsonp&callback=gigya.callback&" + key, 200, "text/javascript; charset=utf-8",
			`gigya.callback({"callId":"*","errorCode":403012,"errorDetails":"There is neither a session nor a regToken.",` +
				`"errorMessage":"No valid session","apiVersion":2,"statusCode":403,"statusReason":"Forbidden","time":"*"});`,
		},
		{
			"a callback that is a program", "/accounts.getAccountInfo?format=jsonp&callback=alert(1)&" + key, 200, "application/json",
			`{"callId":"*","errorCode":400006,"errorDetails":"callback must be the name of a function","errorMessage":"Invalid parameter value",` +
				`"apiVersion":2,"statusCode":400,"statusReason":"Bad Request","time":"*"}`,
		},
		{
			"XML", "/accounts.publishProfilePhoto?format=xml&context=%3Cb%3E&" + key, 200, "text/xml; charset=UTF-8",
			`<?xml version="1.0" encoding="utf-8"?><accounts.publishProfilePhotoResponse xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
				`xsi:schemaLocation="urn:com:gigya:api http://socialize-api.gigya.com/schema" xmlns="urn:com:gigya:api"><callId>*</callId>` +
				`<context>&lt;b&gt;</context><errorCode>403012</errorCode><errorDetails>There is neither a session nor a regToken.</errorDetails>` +
				`<errorMessage>No valid session</errorMessage><apiVersion>2</apiVersion><statusCode>403</statusCode><statusReason>Forbidden</statusReason>` +
				`<time>*</time></accounts.publishProfilePhotoResponse>`,
		},
		{
			"what nobody knows", "/accounts.initRegistration?ignoreMe=1&" + key, 200, "application/json",
			`{"callId":"*","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK","time":"*","ignoredParams":[{"paramName":"ignoreMe",` +
				`"warningCode":403007,"message":"This parameter was not recognized as valid for this API method with your security credentials nor was it ` +
				`recognized as a standard Gigya control parameter."}],"regToken":"*"}`,
		},
		{
			"what nobody knows, strictly", "/accounts.initRegistration?ignoreMe=1&checkParams=true&" + key, 200, "application/json",
			`{"callId":"*","errorCode":403007,"errorDetails":"These parameters were not recognized as valid for this API method with your security ` +
				`credentials nor were they recognized as standard Gigya control parameters: ignoreMe","errorMessage":"Permission denied","apiVersion":2,` +
				`"statusCode":403,"statusReason":"Forbidden","time":"*"}`,
		},
		{
			"twice the same name", "/accounts.initRegistration?APIKEY=x&" + key, 200, "application/json",
			`{"callId":"*","errorCode":400006,"errorDetails":"The parameter apikey is given twice.","errorMessage":"Invalid parameter value",` +
				`"apiVersion":2,"statusCode":400,"statusReason":"Bad Request","time":"*"}`,
		},
		{
			"an unknown method", "/accounts.search?" + key, 200, "application/json",
			`{"callId":"*","errorCode":405001,"errorDetails":"There is no such method.","errorMessage":"Invalid API method",` +
				`"apiVersion":2,"statusCode":405,"statusReason":"Method Not Allowed","time":"*"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := i.in(t).send(http.MethodGet, c.path, nil)
			text := changing.ReplaceAllString(string(got.body), "*")
			if text != c.want || got.StatusCode != c.status || got.Header.Get("Content-Type") != c.kind {
				t.Errorf("got  %s %s\n%s\nwant %d %s\n%s", got.Status, got.Header.Get("Content-Type"), text, c.status, c.kind, c.want)
			}
			if _, err := http.ParseTime(got.Header.Get("Date")); err != nil || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the headers: %v", got.Header)
			}
			if strings.HasPrefix(text, "<") {
				if err := xml.Unmarshal(got.body, new(struct{ XMLName xml.Name })); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if got := i.send(http.MethodDelete, "/accounts.getAccountInfo?"+key, nil); got.StatusCode != 405 || got.code() != 405001 {
		t.Errorf("DELETE: got %s %s", got.Status, got.body)
	}
}

func TestAnswersAreCompressedForWhoTakesThat(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	i.HTTP.Transport = &http.Transport{DisableCompression: true}
	for accept, want := range map[string]string{"gzip": "gzip", "deflate, gzip;q=0.5": "gzip", "gzip;q=0": "", "": "", "identity": ""} {
		got := i.send(http.MethodGet, "/accounts.initRegistration?ignored=1&format=xml&apiKey="+i.key, nil, "Accept-Encoding", accept)
		text := string(got.body)
		if got.Header.Get("Content-Encoding") != want {
			t.Errorf("%q: got %q, want %q", accept, got.Header.Get("Content-Encoding"), want)
		}
		if want != "" {
			r, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if !strings.Contains(text, "<regToken>") {
			t.Errorf("%q: got %q", accept, text)
		}
	}
}

// A page that cannot read the answer to its form asks for it again, and nobody else gets it.
func TestASavedAnswerIsToldAgain(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	body := "--b\r\nContent-Disposition: form-data; name=\"_profilePhoto\"; filename=\"me.png\"\r\n\r\n" + string(picture(5000)) + "\r\n--b--\r\n"
	up := i.send(http.MethodPost, "/accounts.uploadProfilePhoto?publish=true&saveResponseID=R7&apiKey="+i.key+"&regToken="+reg,
		strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=b")
	i.want(up, 0)
	again := i.post("socialize.getSavedResponse", map[string]string{"apiKey": i.key, "saveResponseID": "R7", "noAuth": "true"})
	if string(again.body) != string(up.body) {
		t.Errorf("got %s, want %s", again.body, up.body)
	}
	i.want(i.post("socialize.getSavedResponse", map[string]string{"apiKey": i.key, "saveResponseID": "R8"}), 404000)
	i.Clock.Advance(6 * time.Minute)
	i.want(i.post("socialize.getSavedResponse", map[string]string{"apiKey": i.key, "saveResponseID": "R7"}), 404000)
	if info := i.want(i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "regToken": reg}), 0); info.text("profile", "photoURL") == "" {
		t.Errorf("not published: %s", info.body)
	}
}
