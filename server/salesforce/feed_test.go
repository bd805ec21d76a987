package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"cameo/storage/fault"
)

// told are the parts of a body as mime/multipart reads them, or as they are read past it, and how it ended. It
// counts those that were read past it indeed.
func told(body io.Reader, boundary string, past bool) (all []string, passed int) {
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
				if _, ok := content.(*pastParser); ok {
					passed++
				}
				part.Header.Del("Content-Transfer-Encoding") // which decides how it is read, and is of no use then
			}
		} else if part, err = parts.NextPart(); err == nil {
			content = part
			part.Header.Del("Content-Transfer-Encoding")
		}
		if err != nil {
			return append(all, ended(err)), passed
		}
		text, err := io.ReadAll(content)
		if err != nil { // of a part that is cut nothing is used
			return append(all, ended(err)), passed
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
	want, _ := told(bytes.NewReader(body), boundary, false)
	for name, from := range map[string]io.Reader{
		"at once": bytes.NewReader(body), "byte by byte": iotest.OneByteReader(bytes.NewReader(body)),
		"by halves": iotest.HalfReader(bytes.NewReader(body)), "with its end": iotest.DataErrReader(bytes.NewReader(body)),
	} {
		if got, _ := told(from, boundary, true); fmt.Sprint(got) != fmt.Sprint(want) {
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

// pieces hands out a body's head at once, and the rest in small pieces.
type pieces struct {
	head, rest []byte
	random     *rand.Rand
	withEnd    bool // the last piece comes together with io.EOF
}

// Read is io.Reader's.
func (s *pieces) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n := copy(p[:min(len(p), 1+s.random.IntN(9))], s.rest)
	s.rest = s.rest[n:]
	if n == 0 || s.withEnd && len(s.rest) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// However a connection cuts a part into pieces, what is read past the parser is what it would have read.
func TestPiecesAreReadPastTheParser(t *testing.T) {
	t.Parallel()
	random, passed := rand.New(rand.NewPCG(3, 4)), 0
	tokens := [...]string{
		"\r\n", "--", "-", "b", "\r", "\n", "--b", "\r\n--b", "\r\n--b--", " ", "\t", "x", "\r\n--b\r\n", "A: c\r\n\r\n",
		"\r\n\r\n", "\r\n--bb", "\x00",
	}
	const bodies = 6_000
	for n := range bodies {
		boundary := [...]string{"b", "bb", "-"}[n%3]
		head, rest := "--"+boundary+"\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n", ""
		for range random.IntN(14) {
			rest += tokens[random.IntN(len(tokens))]
		}
		if n%2 == 0 {
			rest += "\r\n--" + boundary + "--\r\n"
		}
		want, _ := told(strings.NewReader(head+rest), boundary, false)
		got, past := told(&pieces{[]byte(head), []byte(rest), random, n%5 == 0}, boundary, true)
		passed += past
		if !slices.Equal(got, want) {
			t.Fatalf("%q with the boundary %q: got %q, want %q", head+rest, boundary, got, want)
		}
	}
	if passed < bodies {
		t.Errorf("%d parts were read past the parser, want one of each body at least", passed)
	}
}

// A delimiter may lie across the edge of what is read at once.
func TestDelimitersAtTheEdge(t *testing.T) {
	t.Parallel()
	const head = "--bound\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n"
	for _, tail := range []string{
		"\r\n--bound--\r\n", "\r\n--bound--", "\r\n--boundx\r\n--bound--\r\n", "\r\n--bound-\r\n--bound--", "\r\n--bound \r\n", "\r\n--bound",
	} {
		for more := -12; more < 3; more++ {
			body := head + strings.Repeat("z", readSize-len(head)+more) + tail
			want, _ := told(strings.NewReader(body), "bound", false)
			if got, past := told(strings.NewReader(body), "bound", true); !slices.Equal(got, want) || past == 0 {
				t.Fatalf("%q, %d: got %d bytes, want %d", tail, more, len(fmt.Sprint(got)), len(fmt.Sprint(want)))
			}
		}
	}
}

// counted counts what is read.
type counted struct {
	io.Reader
	n int
}

// Read is io.Reader's.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// What surrounds parts stays in the parser's memory, so there is no more than a little of it.
func TestHeadsAreBounded(t *testing.T) {
	t.Parallel()
	const head = "Content-Disposition: form-data; name=\"cropX\"\r\n"
	for _, one := range []struct {
		name, body string
		most       int
	}{
		{"a line", "--b\r\n" + head + "X: " + strings.Repeat("x", 1<<20), maxHead},
		{"lines", "--b\r\n" + head + strings.Repeat("X: "+strings.Repeat("x", 100)+"\r\n", 10_000), maxHead},
		{"a preamble", strings.Repeat("x\r\n", 1<<20), maxHead},
		{"all heads", strings.Repeat("--b\r\n"+head+"X: "+strings.Repeat("x", maxHead/2)+"\r\n\r\n0\r\n", 100), maxFraming},
	} {
		body := &counted{Reader: strings.NewReader(one.body)}
		from := newFeed(body, "b")
		parts := multipart.NewReader(from, "b")
		var err error
		for err == nil {
			var part *multipart.Part
			if part, err = parts.NextRawPart(); err == nil {
				_, err = io.ReadAll(from.bytesOf(part))
			}
		}
		if fault.Of(err) != fault.Malformed || body.n < one.most || body.n > one.most+2*readSize {
			t.Errorf("%s: got %v after %d bytes, want a refusal after %d and what is read ahead", one.name, err, body.n, one.most)
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
