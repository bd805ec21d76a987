package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cameo/server/boot"
	"cameo/server/client"
)

// dropTime bounds the wait for the server's answer when an upload is given up; settleTime the wait for the
// pictures of a photo.
const (
	dropTime   = 5 * time.Second
	settleTime = 30 * time.Second
)

//nolint:lll // a table: one flag a line
type put struct {
	File string `arg:"" help:"The photo."`
	server
	Associate string        `name:"associate" placeholder:"GUID" help:"Make it this person's profile photo when it is there."`
	Type      string        `name:"type" placeholder:"TYPE" help:"Media type, such as image/png; told by the file's first bytes if not given."`
	ChunkSize boot.ByteSize `name:"chunk-size" default:"8MiB" placeholder:"SIZE" help:"Bytes sent with one request."`
	Patience  boot.Duration `name:"patience" default:"2m" placeholder:"TIME" help:"How long to wait in all, after a break, until something goes on."`
	Restart   bool          `name:"restart" help:"Forget an upload of this file that was begun earlier."`
}

// Run uploads the file and prints its key.
func (c *put) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return boot.Misused(errors.New("the file cannot be read: " + err.Error()))
	}
	defer file.Close()
	note, err := remember(file, c.server)
	if err != nil {
		return err
	}
	src, err := c.source(file)
	if err != nil {
		return err
	}
	src.Check = func() error { return note.check(file, c.server) }
	if c.Restart || note.Key != "" && note.Type != src.Type { // the type of an upload cannot be changed
		giveUp(ctx, server, note.Key)
		if err := note.forget(); err != nil {
			return err
		}
	}
	bar := newBar(s, src)
	defer bar.close()
	server = server.Patient(time.Duration(c.Patience), bar.wait)
	return c.send(ctx, server, src, note, bar, s)
}

// check refuses flags that make no sense, before anything is sent.
func (c *put) check() error {
	switch {
	case c.ChunkSize < 1:
		return boot.Misused(errors.New("--chunk-size: want at least one byte"))
	case c.Associate != "":
		return boot.CheckPerson("associate", c.Associate)
	}
	return nil
}

// send uploads, associates, and forgets what it remembered when nothing can go on from there.
//
// Order: photo associated and made, key printed, upload forgotten. A run that was cut between any two is
// repeated without harm.
func (c *put) send(
	ctx context.Context, server *client.Client, src client.Source, note *note, bar *bar, s streams,
) error {
	keep := func(key client.Key) error {
		if err := note.keep(key, src.Type); err != nil { // the upload itself is well
			fmt.Fprintf(s.err, "cameo: %s; a later run would begin anew\n", s.sentence(err))
		}
		return nil
	}
	if err := c.fits(ctx, server, src); err != nil {
		return err
	}
	a, err := server.Put(ctx, src, client.PutOptions{
		Key: note.Key, ChunkSize: int64(c.ChunkSize), Begun: keep, Progress: bar.show,
	})
	bar.close()
	if e, ok := errors.AsType[*client.Interrupted](err); ok {
		return fmt.Errorf("%w; the same command goes on from there", e)
	}
	switch {
	case errors.Is(err, errChanged):
		drop(ctx, server, a.Key)
		return errors.Join(err, note.forget())
	case err != nil && client.Hopeless(err):
		return errors.Join(err, note.forget())
	case err != nil:
		return err
	}
	if c.Associate != "" {
		if _, err = server.Associate(ctx, a.Key, c.Associate); err != nil {
			return fmt.Errorf("%w; the photo was uploaded as %s and is nobody's", err, a.Key)
		}
		if err := c.settle(ctx, server, a.Key, s); err != nil {
			return errors.Join(err, note.forget())
		}
	}
	fmt.Fprintln(s.out, a.Key)
	return note.forget()
}

// fits asks, before anything is sent, whether the file is small enough for a photo. A server that does not
// say judges it later.
func (c *put) fits(ctx context.Context, server *client.Client, src client.Source) error {
	if c.Associate == "" {
		return nil
	}
	most, err := server.MaxPhoto(ctx)
	if err == nil && src.Size > most {
		return client.TooLarge(src.Size, most)
	}
	return nil
}

// settle waits for what becomes of the photo: only when its picture is made is it known that it can be shown.
func (c *put) settle(ctx context.Context, server *client.Client, key client.Key, s streams) error {
	photo, err := server.Settled(ctx, c.Associate, settleTime)
	switch {
	case err != nil: // it is associated all the same
		fmt.Fprintf(s.err, "cameo: whether the photo can be shown is not known: %s\n", s.sentence(err))
	case photo.Pending():
		fmt.Fprintln(s.err, "cameo: the photo is still being made; it is shown when it is ready")
	case photo.Failed():
		why := cmp.Or(photo.Detail, "the photo cannot be shown")
		return fmt.Errorf("%s; it was uploaded as %s and is nobody's", why, key)
	}
	return nil
}

// giveUp drops an upload that was begun earlier, so that it does not count among the unfinished ones until it
// expires. One that is whole was told to somebody, and stays. No key is no upload.
func giveUp(ctx context.Context, server *client.Client, key client.Key) {
	if key == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dropTime)
	defer cancel()
	if a, err := server.Find(ctx, key); err == nil && a.State == "active" {
		drop(ctx, server, key)
	}
}

// drop deletes an upload that nobody will finish. When that fails it expires by itself.
func drop(ctx context.Context, server *client.Client, key client.Key) {
	ctx, cancel := context.WithTimeout(ctx, dropTime)
	defer cancel()
	_ = server.Delete(ctx, key)
}

// source describes the file as the server wants it.
func (c *put) source(file *os.File) (client.Source, error) {
	about, err := file.Stat()
	if err != nil {
		return client.Source{}, err
	}
	if !about.Mode().IsRegular() || about.Size() == 0 {
		return client.Source{}, boot.Misused(fmt.Errorf("%s is no file with bytes in it", c.File))
	}
	src := client.Source{ReaderAt: file, Size: about.Size(), Name: filepath.Base(c.File), Type: c.Type}
	if src.Type != "" {
		return src, nil
	}
	head := make([]byte, 512)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return src, err
	}
	src.Type, _, _ = mime.ParseMediaType(http.DetectContentType(head[:n]))
	if brand := string(head[min(n, 4):min(n, 12)]); strings.HasPrefix(brand, "ftyphe") || brand == "ftypmif1" {
		src.Type = "image/heic" // for which the server says what to send instead
	}
	return src, nil
}
