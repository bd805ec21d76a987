package tus_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"
)

func sum(algorithm string, b []byte) string {
	var s []byte
	switch algorithm {
	case "sha1":
		x := sha1.Sum(b)
		s = x[:]
	case "sha256":
		x := sha256.Sum256(b)
		s = x[:]
	case "crc32c":
		s = binary.BigEndian.AppendUint32(nil, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	return algorithm + " " + base64.StdEncoding.EncodeToString(s)
}

// The MUSTs of the extension checksum: what does not match is 460 and is not kept, what is not known is 400.
func TestChecksum(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	for _, algorithm := range []string{"sha1", "sha256", "crc32c"} {
		for _, c := range []struct {
			name   string
			sum    string
			status int
		}{
			{"right", sum(algorithm, data[100:200]), 204},
			{"of other bytes", sum(algorithm, data[:100]), 460},
			{"too short", algorithm + " YQ==", 400},
			{"no base64", algorithm + " !!!!", 400},
			{"missing", algorithm, 400},
			{"of an unknown algorithm", "md99 " + base64.StdEncoding.EncodeToString(data[:16]), 400},
			{"empty", "", 400},
		} {
			want := 100
			if c.status == 204 {
				want = 200
			}
			t.Run(algorithm+", "+c.name, func(t *testing.T) {
				t.Parallel()
				i := i.in(t)
				at := i.create(size)
				i.patch(at, 0, data[:100])
				if got := i.patch(at, 100, data[100:200], "Upload-Checksum: "+c.sum); got.StatusCode != c.status {
					t.Errorf("got %v, want %d", got, c.status)
				}
				i.wantOffset(at, want)
			})
			t.Run(algorithm+" in a trailer, "+c.name, func(t *testing.T) {
				t.Parallel()
				i := i.in(t)
				at := i.create(size)
				i.patch(at, 0, data[:100])
				got := i.send(request{
					method: "PATCH", path: at, body: chunked(data[100:200], "Upload-Checksum: "+c.sum+"\r\n"),
					head: []string{octets, "Upload-Offset: 100", "Transfer-Encoding: chunked", "Trailer: Upload-Checksum"},
				})
				if got.StatusCode != c.status {
					t.Errorf("got %v, want %d", got, c.status)
				}
				i.wantOffset(at, want)
			})
		}
	}
}

// A checksum that was promised and did not come counts as wrong, and one too many is one too many.
func TestChecksumsThatAreNot(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	good := "Upload-Checksum: " + sum("sha1", data[:100])
	for name, r := range map[string]request{
		"promised and not sent": {
			body: chunked(data[:100], ""), head: []string{"Transfer-Encoding: chunked", "Trailer: Upload-Checksum"},
		},
		"before and behind": {
			body: chunked(data[:100], good+"\r\n"), head: []string{"Transfer-Encoding: chunked", "Trailer: Upload-Checksum", good},
		},
		"twice": {body: data[:100], head: []string{good, good}},
	} {
		at := i.create(size)
		r.method, r.path = "PATCH", at
		r.head = append(r.head, octets, "Upload-Offset: 0")
		if got := i.send(r); got.StatusCode != 400 {
			t.Errorf("%s: got %v", name, got)
		}
		i.wantOffset(at, 0)
	}
}

// With the creation, a checksum that does not hold leaves an upload without bytes.
func TestChecksumOfACreation(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	head := []string{fmt.Sprint("Upload-Length: ", size), pngMeta, octets}
	i.want(460, request{method: "POST", path: uploads, body: data, head: append(head, "Upload-Checksum: "+sum("sha1", data[1:]))})
	got := i.want(201, request{method: "POST", path: uploads, body: data, head: append(head, "Upload-Checksum: "+sum("sha1", data))})
	i.wantFile(got.Header.Get("Location"), data)
}
