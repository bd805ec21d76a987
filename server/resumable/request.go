package resumable

import (
	"net/http"

	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// incoming is what a request that may bring bytes says of them.
type incoming struct {
	version   Version
	interim   bool            // the client may get interim answers
	resumable bool            // it says whether it is the last one; else it is an ordinary upload, whole
	complete  bool            // the upload ends with it
	length    int64           // Upload-Length, or Unknown
	content   int64           // bytes of the body, or Unknown
	digest    *storage.Digest // of the body; nil for none
	repr      []byte          // SHA-256 of the whole file; nil for none
}

func (h *Handler) incoming(r *http.Request) (incoming, error) {
	in := incoming{length: storage.Unknown, content: r.ContentLength}
	in.version, in.interim = h.speaks(r.Header)
	in.complete, in.resumable = in.version.complete(r.Header)
	if !in.resumable {
		in.complete = true
	}
	if n, ok := integer(r.Header, "Upload-Length"); ok {
		in.length = n
	}
	sum, err := reply.ContentDigest(r.Header)
	if err != nil {
		return in, err
	}
	in.digest = (*storage.Digest)(sum)
	in.repr, err = reply.ReprDigest(r.Header)
	return in, err
}

// total is the upload's length as the request tells it, in one way or two: Unknown if in none. at is where
// its body begins.
func (in incoming) total(at int64) (int64, error) {
	total := in.length
	if in.complete && in.content >= 0 {
		total = at + in.content
	}
	switch {
	case in.length != storage.Unknown && total != in.length:
		return 0, inconsistent("the request ends the upload at byte %d, Upload-Length says %d", total, in.length)
	case total != storage.Unknown && at+max(in.content, 0) > total:
		return 0, inconsistent("the request leads to byte %d, Upload-Length says %d", at+in.content, total)
	}
	return total, nil
}

// fits is total, held against what is known of the upload already.
func (in incoming) fits(u storage.Upload) (int64, error) {
	total, err := in.total(u.Offset)
	switch {
	case err != nil || u.Length == storage.Unknown:
		return total, err
	case total != storage.Unknown && total != u.Length:
		return 0, inconsistent("the upload has %d bytes, the request says %d", u.Length, total)
	case u.Offset+max(in.content, 0) > u.Length:
		end := u.Offset + in.content
		return 0, inconsistent("the upload has %d bytes, the request leads to byte %d", u.Length, end)
	}
	return total, nil
}

// lengthError says that a request contradicts what is known of the upload's length.
type lengthError struct{ cause *fault.Error }

// Error is the cause's.
func (e lengthError) Error() string { return e.cause.Error() }

// Unwrap returns the cause, which has the Kind.
func (e lengthError) Unwrap() error { return e.cause }

func inconsistent(format string, args ...any) error {
	return lengthError{fault.New(fault.Malformed, format, args...).About("Upload-Length")}
}

// completedError says that an upload takes no more bytes.
type completedError struct{ cause *fault.Error }

// Error is the cause's.
func (e completedError) Error() string { return e.cause.Error() }

// Unwrap returns the cause, which has the Kind.
func (e completedError) Unwrap() error { return e.cause }

func completed() error {
	return completedError{fault.New(fault.Malformed, "the upload is complete")}
}
