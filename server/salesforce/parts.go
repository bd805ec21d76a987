package salesforce

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"slices"

	"github.com/labstack/echo/v4"

	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// maxParts is more than any client sends.
const maxParts = 16

// readParts reads a multipart body, part by part as they come: fields into in, and the binary part into the
// store.
func (h *Handler) readParts(
	c echo.Context, who caller, f form, in *input, body *reply.Body, boundary string,
) error {
	if boundary == "" {
		return fault.New(fault.Malformed, "the Content-Type names no boundary")
	}
	from := newFeed(body, boundary)
	parts := multipart.NewReader(from, boundary)
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return refuse(parseError, "A request body is required")
		case errors.Is(err, io.EOF) && from.ended:
			return nil
		case err != nil:
			return unreadable(err)
		case n == maxParts:
			return fault.New(fault.Malformed, "the body has more than %d parts", maxParts)
		}
		if part.FormName() == f.binary {
			err = h.keep(c, who, f, in, part.FileName(), streamed{from.bytesOf(part), body})
		} else {
			err = f.readPart(part, from.bytesOf(part), in)
		}
		if err != nil {
			return err
		}
	}
}

// unreadable is an error of a multipart body. What the connection has to say goes first.
func unreadable(err error) error {
	if _, ours := errors.AsType[fault.Kinded](err); ours {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Wrap(err, fault.Cut, "%s", fault.Cut.Sentence())
	}
	return fault.Wrap(err, fault.Malformed, "the multipart body cannot be read")
}

// readPart reads a part of text: all fields together, or one.
func (f form) readPart(part *multipart.Part, from io.Reader, in *input) error {
	name := part.FormName()
	rich, single := slices.Contains(f.rich, name), slices.Contains(f.fields, name)
	if !rich && !single {
		return refuse(parseError, "Unrecognized part %q", shown(name))
	}
	in.told = true
	text, err := io.ReadAll(io.LimitReader(from, maxRich+1))
	if err != nil {
		return unreadable(err)
	}
	if len(text) > maxRich {
		return fault.New(fault.TooLarge, "a part of text has at most %d bytes", maxRich)
	}
	if single {
		return f.readQuery(map[string][]string{name: {string(text)}}, in.fields)
	}
	kind, _, _ := mime.ParseMediaType(part.Header.Get(echo.HeaderContentType)) // a browser sends none
	if kind == "text/plain" {
		kind = ""
	}
	return f.readBody(kind, text, in.fields)
}

// streamed is a part as the engine reads it.
type streamed struct {
	io.Reader
	body *reply.Body
}

// Interrupt makes a blocked Read return soon.
func (s streamed) Interrupt() { s.body.Interrupt() }

// bounded refuses what is longer than left. It fills what it is given as far as it can: a part comes in small
// pieces, each of which would be stored by itself.
type bounded struct {
	from io.Reader
	left int64
}

// Read is io.Reader's.
func (b *bounded) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = b.from.Read(p[n:])
		n += more
	}
	if b.left -= int64(n); b.left < 0 {
		return 0, imaging.TooLarge.Fault()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreadable(err)
	}
	return n, err
}

// keep stores the binary part. What type of picture it is, its first bytes say and nothing else does.
func (h *Handler) keep(
	c echo.Context, who caller, f form, in *input, fileName string, from streamed,
) error {
	if in.brought.Key != "" {
		return refuse(parseError, "there is more than one part %s", f.binary)
	}
	ctx := context.WithoutCancel(c.Request().Context())
	head := make([]byte, storage.HeadSize)
	n, err := io.ReadFull(from, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return unreadable(err)
	}
	head = head[:n]
	kind, _ := imaging.Sniff(head)
	if err := h.Photos.Formats().Verdict(kind, head); err != nil {
		return err
	}
	name, err := storage.CleanName(fileName)
	if err != nil {
		name = f.binary
	}
	in.brought, err = h.Engine.Create(ctx, storage.New{
		Community: who.community, Owner: f.owner,
		Length: storage.Unknown, Type: kind, Name: name, Note: f.note,
	})
	if err != nil {
		return err
	}
	var whole io.Reader = &bounded{io.MultiReader(bytes.NewReader(head), from), h.maxFile()}
	if f.digest != nil {
		whole = io.TeeReader(whole, f.digest)
	}
	if f.look {
		in.look = h.Photos.Look(kind)
	}
	if in.look != nil {
		defer in.look.End()
		whole = io.TeeReader(whole, in.look)
	}
	watched := h.Auth.Watch(c, streamed{whole, from.body}, in.brought, h.Pace.Now)
	return h.append(ctx, in, watched)
}

// append stores all bytes. Where they end, the upload ends.
func (h *Handler) append(ctx context.Context, in *input, from storage.Body) error {
	now, err := h.Engine.Append(ctx, storage.Write{
		ID: in.brought.ID, Len: h.Engine.Limits.MaxSize, UpTo: true, Ends: true, Total: storage.Unknown, Body: from,
		Seen: in.brought,
	})
	if err == nil {
		in.brought = now
	}
	return err
}
