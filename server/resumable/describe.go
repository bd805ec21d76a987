package resumable

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"cameo/storage"
	"cameo/storage/fault"
)

// describe reads what a request says of the file: its name and its media type, "" if it tells none; and in
// its query, whose photo it is to be.
//
// The name is Content-Disposition's. The type is Content-Type's, unless that speaks of the request and not of
// the file, as some libraries cannot help. tus-js-client, whose applications cannot set these headers for one
// request alone, tells both in Upload-Metadata as well.
func describe(r *http.Request) (storage.New, error) {
	h := r.Header
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return storage.New{}, fault.New(fault.Unsupported, "the file must be sent as it is, without a coding").
			About("Content-Encoding")
	}
	told := metadata(h.Get("Upload-Metadata"))
	name := told["filename"]
	_, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err == nil && params["filename"] != "" {
		name = params["filename"]
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if kind = strings.ToLower(strings.TrimSpace(kind)); general(kind) {
		kind = told["filetype"]
	}
	if name == "" {
		name = "upload"
	}
	clean, err := storage.CleanName(name)
	if err != nil {
		return storage.New{}, err
	}
	n := storage.New{Name: clean, Type: kind, Request: h.Get("Idempotency-Key")}
	n.Wish, err = wish(r.URL.Query())
	return n, err
}

// wish is the objectId whose photo the upload is to be, "" for nobody's.
func wish(query url.Values) (string, error) {
	person, kind := query.Get("objectId"), query.Get("type")
	switch {
	case person == "" && kind == "":
		return "", nil
	case !photoWanted(query):
		return "", fault.New(fault.Invalid, "type must be ProfilePhoto").About("type")
	case person == "":
		return "", fault.New(fault.Invalid, "objectId must be a GUID").About("objectId")
	}
	return person, nil
}

// photoWanted says whether an upload is to be somebody's photo, which is all that one can be for.
func photoWanted(query url.Values) bool { return strings.EqualFold(query.Get("type"), "ProfilePhoto") }

// general says whether a media type tells nothing of the file.
func general(kind string) bool {
	switch kind {
	case "", partialUpload, "application/octet-stream", "application/x-www-form-urlencoded":
		return true
	}
	return false
}

// metadata reads pairs of a word and base64 text, separated by commas. What cannot be read is passed over.
func metadata(line string) map[string]string {
	told := map[string]string{}
	for pair := range strings.SplitSeq(line, ",") {
		word, text, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if value, err := base64.StdEncoding.DecodeString(text); err == nil {
			told[word] = string(value)
		}
	}
	return told
}
