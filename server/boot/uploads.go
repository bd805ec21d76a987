package boot

import (
	"context"
	"path"
	"strings"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/server/tus"
	"cameo/storage"
	"cameo/storage/fault"
)

// uploads makes the dialect tus.
func (n *Node) uploads(pace reply.Pace) (*tus.Handler, error) {
	return tus.New(tus.Config{
		Engine: n.Engine, Auth: n.auth, Pace: pace, Public: n.config.public(),
		Begin: n.beginUpload, Finish: n.finishUpload,
	})
}

// public is the first URL by which clients reach the service, "" when none is set.
func (c Config) public() string {
	if len(c.PublicURL) == 0 {
		return ""
	}
	return string(c.PublicURL[0])
}

// beginUpload judges a creation of a dialect that knows nothing of people: the type of the file, and whose
// photo it is to be. A type that was not declared is taken from the file's name.
func (n *Node) beginUpload(_ context.Context, a association.Actor, u storage.New) (storage.New, error) {
	if u.Partial { // it is no file, and nobody's photo
		u.Type, u.Wish = "", ""
		return u, nil
	}
	if u.Type == "" {
		u.Type = typeByName(u.Name)
	}
	if !imaging.Accepted(u.Type) {
		return u, fault.New(fault.Unsupported,
			"image/jpeg, image/png, image/gif and image/webp are accepted; the type is told by the metadata "+
				"filetype, or by the end of filename").Because(string(imaging.NotAnImage))
	}
	if u.Wish == "" {
		return u, nil
	}
	person, err := association.ParseGUID(u.Wish)
	if err != nil {
		return u, err
	}
	u.Wish = string(person)
	return u, a.MayEdit(u.Community, person)
}

// typeByName is the media type that a file's name lets expect, "" when it lets expect no picture.
func typeByName(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return imaging.JPEG
	case ".png":
		return imaging.PNG
	case ".gif":
		return imaging.GIF
	case ".webp":
		return imaging.WebP
	}
	return ""
}

// finishUpload makes a complete upload the photo of the person that it was uploaded for.
func (n *Node) finishUpload(ctx context.Context, a association.Actor, u storage.Upload) error {
	_, err := n.Photos.Associate(ctx, a, u.ID, association.GUID(u.Wish))
	return err
}
