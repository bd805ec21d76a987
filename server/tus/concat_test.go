package tus_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// part uploads b as a part and returns its path.
func (i *instance) part(b []byte, as string) string {
	i.t.Helper()
	got := i.want(201, request{method: "POST", path: uploads, as: as, body: b, head: []string{
		fmt.Sprint("Upload-Length: ", len(b)), "Upload-Concat: partial", octets,
	}})
	return got.Header.Get("Location")
}

func final(parts ...string) string { return "Upload-Concat: final;" + strings.Join(parts, " ") }

// The MUSTs of the extension concatenation.
func TestConcatenation(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	for name, check := range map[string]func(i *instance){
		"parts become a file, in their order": func(i *instance) {
			a, b, c := i.part(data[:1], ""), i.part(data[1:40], ""), i.part(data[40:], "")
			got := i.want(201, request{method: "POST", path: uploads, head: []string{final(a, "http://cameo.test"+b, c), pngMeta}})
			at := got.Header.Get("Location")
			i.wantFile(at, data)
			for _, part := range []string{a, b, c} {
				i.want(204, request{method: "DELETE", path: part})
			}
			i.wantFile(at, data)
		},
		"HEAD tells Upload-Concat as it was sent": func(i *instance) {
			a, b := i.part(data[:100], ""), i.part(data[100:], "")
			if got := i.wantOffset(a, 100); got.Header.Get("Upload-Concat") != "partial" {
				i.t.Errorf("got %v", got)
			}
			line := final(a, b)
			got := i.want(201, request{method: "POST", path: uploads, head: []string{line, pngMeta}})
			got = i.wantOffset(got.Header.Get("Location"), size)
			if "Upload-Concat: "+got.Header.Get("Upload-Concat") != line || got.Header.Get("Upload-Length") != fmt.Sprint(size) {
				i.t.Errorf("got %v", got)
			}
		},
		"metadata of the parts is not the whole's": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, body: data, head: []string{
				fmt.Sprint("Upload-Length: ", size), "Upload-Concat: partial", octets, meta("filename", "part.png", "objectId", person("jane"), "type", "ProfilePhoto"),
			}})
			part := got.Header.Get("Location")
			i.want(415, request{method: "POST", path: uploads, head: []string{final(part)}}) // no type is known
			got = i.want(201, request{method: "POST", path: uploads, head: []string{final(part), pngMeta}})
			got = i.wantOffset(got.Header.Get("Location"), size)
			if "Upload-Metadata: "+got.Header.Get("Upload-Metadata") != pngMeta || i.photo(person("jane")) != "" {
				i.t.Errorf("got %v and the photo %q, want none", got, i.photo(person("jane")))
			}
		},
		"a final upload cannot be modified": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{final(i.part(data, "")), pngMeta}})
			if got := i.patch(got.Header.Get("Location"), size, nil); got.StatusCode != 403 {
				i.t.Errorf("got %v", got)
			}
			i.want(403, request{method: "POST", path: uploads, body: data, head: []string{final(i.part(data, "")), pngMeta, octets}})
		},
		"an unfinished part is refused": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{"Upload-Length: 100", "Upload-Concat: partial"}})
			i.want(400, request{method: "POST", path: uploads, head: []string{final(got.Header.Get("Location")), pngMeta}})
		},
		"what is no list of parts is refused": func(i *instance) {
			for _, line := range []string{"final;", "final", "x", "final;/elsewhere", "final; "} {
				got := i.send(request{method: "POST", path: uploads, head: []string{"Upload-Concat: " + line, pngMeta}})
				if got.StatusCode != 400 && got.StatusCode != 404 {
					i.t.Errorf("%q: got %v", line, got)
				}
			}
			i.want(404, request{method: "POST", path: uploads, head: []string{final(uploads + "0123456789"), pngMeta}})
			i.want(404, request{method: "POST", path: uploads, head: []string{final(uploads + "../../x"), pngMeta}})
		},
		"a whole file is no part": func(i *instance) {
			at := i.create(size)
			i.patch(at, 0, data)
			i.want(400, request{method: "POST", path: uploads, head: []string{final(at), pngMeta}})
		},
		"the whole is judged as a picture, the parts are not": func(i *instance) {
			bad := i.part(make([]byte, 50), "")
			got := i.want(415, request{method: "POST", path: uploads, head: []string{final(bad, i.part(data, "")), pngMeta}})
			if !strings.HasPrefix(got.body, "not_an_image: ") {
				i.t.Errorf("got %v", got)
			}
		},
		"the whole may not be larger than the limit": func(i *instance) {
			half := i.part(make([]byte, 600_000), "")
			i.want(413, request{method: "POST", path: uploads, head: []string{final(half, half), pngMeta}})
		},
		"another person's part is not there": func(i *instance) {
			i.want(404, request{method: "POST", path: uploads, head: []string{final(i.part(data, "john")), pngMeta}})
		},
		"a part belongs to tus": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{fmt.Sprint("Upload-Length: ", size), "Upload-Concat: partial"}})
			at := got.Header.Get("Location")
			i.want(415, request{method: "PATCH", path: igloo + "/uploads/" + key(at), body: data[:100], head: []string{
				fmt.Sprint("Content-Range: bytes 0-99/", size), "Content-Type: image/png",
			}})
			for _, method := range []string{"HEAD", "PATCH", "DELETE"} {
				i.want(404, request{method: method, path: "/v1/communities/1/uploads/" + key(at)})
			}
			i.wantOffset(at, 0)
		},
		"a part is never a photo, nor a download": func(i *instance) {
			at := i.part(data, "")
			i.want(409, request{method: "POST", path: igloo + "/" + key(at) + "/association/" + person("jane") + "?type=ProfilePhoto"})
			i.want(404, request{method: "GET", path: at})
			i.want(404, request{method: "GET", path: "/.api2/binaries/" + key(at) + "/download/x.png"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(i.in(t))
		})
	}
}

// Many parts at once, as tus-js-client sends them.
func TestPartsInParallel(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	const parts = 6
	at := make([]string, parts)
	t.Run("parts", func(t *testing.T) {
		for n := range parts {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				i, b := i.in(t), data[n*size/parts:(n+1)*size/parts]
				got := i.want(201, request{method: "POST", path: uploads, head: []string{fmt.Sprint("Upload-Length: ", len(b)), "Upload-Concat: partial"}})
				at[n] = got.Header.Get("Location")
				for from := 0; from < len(b); from += 100 {
					if got := i.patch(at[n], from, b[from:from+100]); got.StatusCode != http.StatusNoContent {
						t.Fatalf("got %v", got)
					}
				}
			})
		}
	})
	got := i.want(201, request{method: "POST", path: uploads, head: []string{final(at...), pngMeta}})
	i.wantFile(got.Header.Get("Location"), data)
}
