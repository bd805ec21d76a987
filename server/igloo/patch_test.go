package igloo_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"cameo/server/servertest"
)

// rows are the answer table of PATCH with Content-Range, by its numbers. Each begins with a new entry of
// 1000 bytes in the state that "before" makes. Early rows are decided before the body is read.
var rows = []struct {
	row    int
	name   string
	before string // "", "40": 40 bytes received in one request, "complete", "failed", "cancelled"
	head   []string
	from   int // the body is bytes [from, to) of the picture
	to     int
	early  bool
	status int
	offset int // told afterwards
	extra  string
}{
	{1, "first chunk", "", []string{"Content-Range: bytes 0-39/1000"}, 0, 40, false, 202, 40, ""},
	{1, "middle chunk", "40", []string{"Content-Range: bytes 40-99/1000"}, 40, 100, false, 202, 100, ""},
	{2, "whole", "", []string{"Content-Range: bytes 0-999/1000"}, 0, 1000, false, 200, 1000, ""},
	{2, "last chunk", "40", []string{"Content-Range: bytes 40-999/1000"}, 40, 1000, false, 200, 1000, ""},
	{3, "no range", "40", nil, 40, 100, true, 400, 40, ""},
	{4, "malformed", "40", []string{"Content-Range: bytes=40-99/1000"}, 40, 100, true, 400, 40, ""},
	{4, "other unit", "40", []string{"Content-Range: octets 40-99/1000"}, 40, 100, true, 400, 40, ""},
	{4, "unit in capitals", "40", []string{"Content-Range: Bytes 40-99/1000"}, 40, 100, false, 202, 100, ""},
	{4, "two ranges", "40", []string{"Content-Range: bytes 40-99/1000", "Content-Range: bytes 40-99/1000"}, 40, 100, true, 400, 40, ""},
	{4, "overflow", "40", []string{"Content-Range: bytes 40-99999999999999999999/*"}, 40, 100, true, 400, 40, ""},
	{4, "backwards", "40", []string{"Content-Range: bytes 99-40/1000"}, 40, 100, true, 400, 40, ""},
	{4, "total inside", "40", []string{"Content-Range: bytes 40-99/99"}, 40, 100, true, 400, 40, ""},
	{4, "spaces inside", "40", []string{"Content-Range: bytes 40 - 99/1000"}, 40, 100, true, 400, 40, ""},
	{5, "bare", "40", []string{"Content-Range: 40-99"}, 40, 100, true, 400, 40, ""},
	{6, "unknown total", "40", []string{"Content-Range: bytes 40-99/*"}, 40, 100, false, 202, 100, ""},
	{6, "unknown total, last", "40", []string{"Content-Range: bytes 40-999/*"}, 40, 1000, false, 200, 1000, ""},
	{7, "other total", "40", []string{"Content-Range: bytes 40-99/1001"}, 40, 100, true, 400, 40, ""},
	{8, "body shorter than the range", "40", []string{"Content-Range: bytes 40-99/1000"}, 40, 99, true, 400, 40, ""},
	{8, "body longer than the range", "40", []string{"Content-Range: bytes 40-99/1000"}, 40, 101, true, 400, 40, ""},
	{8, "no bytes at all", "40", []string{"Content-Range: bytes 40-99/1000"}, 40, 40, true, 400, 40, ""},
	{9, "chunked body", "40", []string{"Content-Range: bytes 40-99/1000", "Transfer-Encoding: chunked"}, 0, 0, true, 411, 40, ""},
	{10, "query", "40", []string{"Content-Range: bytes */1000"}, 0, 0, false, 202, 40, ""},
	{10, "query, unknown total", "40", []string{"Content-Range: bytes */*"}, 0, 0, false, 202, 40, ""},
	{10, "query of nothing", "", []string{"Content-Range: bytes */1000"}, 0, 0, false, 202, 0, ""},
	{10, "query of a complete one", "complete", []string{"Content-Range: bytes */1000"}, 0, 0, false, 200, 1000, ""},
	{10, "query with a body", "40", []string{"Content-Range: bytes */1000"}, 40, 50, true, 400, 40, ""},
	{7, "query with another total", "40", []string{"Content-Range: bytes */999"}, 0, 0, false, 400, 40, ""},
	{11, "gap", "40", []string{"Content-Range: bytes 41-99/1000"}, 41, 100, true, 416, 40, ""},
	{12, "exact repeat", "40", []string{"Content-Range: bytes 0-39/1000"}, 0, 40, false, 202, 40, ""},
	{12, "repeat with other bytes", "40", []string{"Content-Range: bytes 0-39/1000"}, 100, 140, false, 409, 40, ""},
	{13, "overlap", "40", []string{"Content-Range: bytes 20-99/1000"}, 20, 100, true, 416, 40, ""},
	{14, "from the beginning again", "40", []string{"Content-Range: bytes 0-99/1000"}, 0, 100, true, 416, 40, ""},
	{15, "beyond the end", "40", []string{"Content-Range: bytes 40-1000/*"}, 0, 961, true, 416, 40, "bytes */1000"},
	{16, "complete, new data", "complete", []string{"Content-Range: bytes 0-39/1000"}, 0, 40, true, 409, 1000, ""},
	{16, "complete, exact repeat", "complete", []string{"Content-Range: bytes 0-999/1000"}, 0, 1000, false, 200, 1000, ""},
	{20, "other type", "40", []string{"Content-Range: bytes 40-99/1000", "Content-Type: image/gif"}, 40, 100, true, 415, 40, ""},
	{20, "no image", "40", []string{"Content-Range: bytes 40-99/1000", "Content-Type: text/html"}, 40, 100, true, 415, 40, ""},
	{20, "the same type", "40", []string{"Content-Range: bytes 40-99/1000", "Content-Type: image/png"}, 40, 100, false, 202, 100, ""},
	{22, "cancelled", "cancelled", []string{"Content-Range: bytes 40-99/1000"}, 40, 100, true, 410, 40, ""},
	{22, "cancelled, query", "cancelled", []string{"Content-Range: bytes */1000"}, 0, 0, true, 410, 40, ""},
	{22, "failed", "failed", []string{"Content-Range: bytes 40-99/1000"}, 40, 100, true, 415, 1000, ""},
	{22, "failed, query", "failed", []string{"Content-Range: bytes */1000"}, 0, 0, true, 415, 1000, ""},
}

func TestAnswersOfPatch(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	picture := servertest.Picture("me", size)
	for _, c := range rows {
		t.Run(fmt.Sprintf("row %d, %s", c.row, c.name), func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			key := i.prepare(c.before, picture)
			r := request{method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: c.head, body: picture[c.from:c.to]}
			if c.early {
				patient := r
				patient.head = append([]string{"Expect: 100-continue"}, c.head...)
				if len(r.body) > 0 {
					patient.head = append(patient.head, "Content-Length: "+strconv.Itoa(len(r.body)))
				}
				patient.body = nil
				got := i.send(patient)
				wantStatus(t, got, c.status)
				if got.asked {
					t.Error("the client was asked for a body that is refused anyway")
				}
			}
			got := i.send(r)
			wantStatus(t, got, c.status)
			wantProgress(t, got, c.offset)
			if have := got.Header.Get("Content-Range"); have != c.extra {
				t.Errorf("Content-Range: got %q, want %q", have, c.extra)
			}
			if got.StatusCode >= 400 {
				got.exception(t)
			}
		})
	}
}

// prepare makes an entry in one of the states of the table.
func (i *instance) prepare(state string, picture []byte) string {
	i.t.Helper()
	key := i.create(size, "image/png")
	switch state {
	case "40", "cancelled":
		wantStatus(i.t, i.patch(key, picture, 0, 40), http.StatusAccepted)
	case "complete":
		wantStatus(i.t, i.patch(key, picture, 0, size), http.StatusOK)
	case "failed":
		got := i.patch(key, bytes.Repeat([]byte("<html>"), size)[:size], 0, size)
		wantStatus(i.t, got, http.StatusUnsupportedMediaType)
		if reason := got.exception(i.t).token("Reason"); reason != "not_an_image" {
			i.t.Errorf("reason: got %q, want not_an_image", reason)
		}
	}
	if state == "cancelled" {
		wantStatus(i.t, i.send(request{method: "DELETE", path: attachments + "/uploads/" + key, as: jane}), http.StatusNoContent)
	}
	return key
}

func wantProgress(t *testing.T, got answer, offset int) {
	t.Helper()
	received := ""
	if offset > 0 {
		received = fmt.Sprintf("bytes=0-%d", offset-1)
	}
	for name, want := range map[string]string{
		"Upload-Offset": strconv.Itoa(offset), "Upload-Length": strconv.Itoa(size), "Range": received, "Cache-Control": "no-store",
	} {
		if have := got.Header.Get(name); have != want {
			t.Errorf("%s: got %q, want %q", name, have, want)
		}
	}
}

func TestDigestsOfABody(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	sha, five := sha256.Sum256(b[:40]), md5.Sum(b[:40])
	good := "sha-256=:" + base64.StdEncoding.EncodeToString(sha[:]) + ":"
	goodMD5 := base64.StdEncoding.EncodeToString(five[:])
	bad := "sha-256=:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + ":"
	for _, c := range []struct {
		name   string
		head   []string
		status int
		offset string
	}{
		{"right", []string{"Content-Digest: " + good}, 202, "40"},
		{"wrong", []string{"Content-Digest: " + bad}, 400, "0"},
		{"right MD5", []string{"Content-MD5: " + goodMD5}, 202, "40"},
		{"wrong MD5", []string{"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=="}, 400, "0"},
		{"one of two wrong", []string{"Content-Digest: " + good, "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=="}, 400, "0"},
		{"unknown algorithm", []string{"Content-Digest: unixsum=:AAA=:"}, 202, "40"},
		{"unknown beside a right one", []string{"Content-Digest: unixsum=:AAA=:, " + good}, 202, "40"},
		{"unreadable", []string{"Content-Digest: sha-256=abc"}, 400, "0"},
		{"again, wrong first", []string{"Content-Digest: " + bad + ", " + good}, 202, "40"},
		{"again, wrong last", []string{"Content-Digest: " + good, "Content-Digest: " + bad}, 400, "0"},
		{"many lines", slices.Repeat([]string{"Content-Digest: " + good}, 5), 400, "0"},
		{"two MD5", slices.Repeat([]string{"Content-MD5: " + goodMD5}, 2), 400, "0"},
		{"780 MD5", slices.Repeat([]string{"Content-MD5: " + goodMD5}, 780), 400, "0"},
		{"too short", []string{"Content-Digest: sha-256=:AAAA:"}, 400, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			got := i.patch(i.create(size, "image/png"), b, 0, 40, c.head...)
			wantStatus(t, got, c.status)
			if have := got.Header.Get("Upload-Offset"); have != c.offset {
				t.Errorf("Upload-Offset: got %s, want %s", have, c.offset)
			}
		})
	}
}
