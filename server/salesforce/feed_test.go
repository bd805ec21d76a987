package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"
)

// told are the parts of a body as mime/multipart reads them, or as they are read past it, and how it ended.
func told(body io.Reader, boundary string, past bool) (all []string) {
	from := newFeed(body, boundary)
	parts := multipart.NewReader(body, boundary)
	if past {
		parts = multipart.NewReader(from, boundary)
	}
	for {
		var part *multipart.Part
		var content io.Reader
		var err error
		if past {
			if part, err = parts.NextRawPart(); err == nil {
				content = from.bytesOf(part)
				part.Header.Del("Content-Transfer-Encoding") // which decides how it is read, and is of no use then
			}
		} else if part, err = parts.NextPart(); err == nil {
			content = part
			part.Header.Del("Content-Transfer-Encoding")
		}
		if err != nil {
			return append(all, ended(err))
		}
		text, err := io.ReadAll(content)
		if err != nil { // of a part that is cut nothing is used
			return append(all, ended(err))
		}
		var names []string
		for name := range maps.Keys(part.Header) {
			names = append(names, fmt.Sprint(name, part.Header[name]))
		}
		all = append(all, fmt.Sprintf("%d headers, %q %q: %q", len(names), part.FormName(), part.FileName(), text))
	}
}

// ended is how a body ended. Where it is cut or wrong, the words differ.
func ended(err error) string {
	if errors.Is(err, io.EOF) {
		return "its end"
	}
	return "an error"
}

func wantAsTheParser(t *testing.T, body []byte, boundary string) {
	t.Helper()
	want := told(bytes.NewReader(body), boundary, false)
	for name, from := range map[string]io.Reader{
		"at once": bytes.NewReader(body), "byte by byte": iotest.OneByteReader(bytes.NewReader(body)),
		"by halves": iotest.HalfReader(bytes.NewReader(body)), "with its end": iotest.DataErrReader(bytes.NewReader(body)),
	} {
		if got := told(from, boundary, true); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %.300q, want %.300q", name, got, want)
		}
	}
}

const twoParts = "--b\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{}\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"fileUpload\"; filename=\"a\"\r\nContent-Type: image/png\r\n\r\n%s\r\n--b--\r\n"

// TestPartsAreReadPastTheParser holds what is read past it against what the parser itself would have read.
func TestPartsAreReadPastTheParser(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "little": "abc", "lines": "\r\n\r\n--\r\n-\r\n--a\r\n", "nearly the end": "x\r\n--bx\r\n--b-x\r\n--",
		"LF and the end": "x\n--b\n", "its beginning": "--bc", "an end at once": "--b\r\n\r\nx",
		"large": strings.Repeat("0123456789abcdef\r\n-", 20_000), "CR at the edge": strings.Repeat("x", readSize-180) + strings.Repeat("\r\n--", 100),
	} {
		body := fmt.Sprintf(twoParts, text)
		for what, body := range map[string]string{
			"": body, "LF for CR LF, ": strings.ReplaceAll(body, "\r\n", "\n"), "a preamble, ": "pre\r\namble\r\n" + body,
			"quoted, ": strings.Replace(body, "Content-Type", "Content-Transfer-Encoding: quoted-printable\r\nContent-Type", 1),
			"cut, ":    body[:len(body)-3], "cut in the middle, ": body[:len(body)*2/3], "no end, ": strings.TrimSuffix(body, "--b--\r\n"),
		} {
			t.Run(what+name, func(t *testing.T) {
				t.Parallel()
				wantAsTheParser(t, []byte(body), "b")
			})
		}
	}
}

// To the parser a body that breaks off between parts has ended. The feed knows better.
func TestTheEndOfAllParts(t *testing.T) {
	t.Parallel()
	part := "--b\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{}"
	for tail, want := range map[string]bool{
		"\r\n--b--": true, "\r\n--b--\r\n": true, "\r\n--b-- \t\r\n": true, "\r\n--b--\r\nan epilogue": true,
		"\r\n--b": false, "\r\n--b\r\n": false, "\r\n--b\r\nA: b": false, "\r\n--b\r\nA: b\r\n": false,
	} {
		for _, body := range []string{part + tail, strings.ReplaceAll(part+tail, "\r\n", "\n")} {
			from := newFeed(iotest.OneByteReader(strings.NewReader(body)), "b")
			parts := multipart.NewReader(from, "b")
			part, err := parts.NextRawPart()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(from.bytesOf(part)); err != nil {
				t.Fatal(err)
			}
			if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) || from.ended != want {
				t.Errorf("%q: got %v and the end %t, want %t", body, err, from.ended, want)
			}
		}
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(twoParts, "abc")), "b")
	f.Add([]byte(fmt.Sprintf(twoParts, "\r\n--b x\r\n--b-\r\n")), "b")
	f.Add([]byte(strings.ReplaceAll(fmt.Sprintf(twoParts, "a\nb"), "\r\n", "\n")), "b")
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		if boundary != "" && len(boundary) < 70 && len(body) < 1<<14 {
			wantAsTheParser(t, body, boundary)
		}
	})
}
