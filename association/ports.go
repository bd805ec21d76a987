package association

import (
	"context"
	"io"

	"cameo/storage"
)

// Album keeps photos. A photo of a foreign community is NotFound. Its methods join the transaction of their
// context.
type Album interface {
	// Add keeps a new photo. A version that was drawn before is Exists.
	Add(ctx context.Context, p Photo) error
	// Find returns the photo with its renditions.
	Find(ctx context.Context, c storage.Community, v Version) (Photo, error)
	// Supersede ends the person's pending photos, so that no worker can finish them, and returns them. They are
	// remembered until then.
	Supersede(ctx context.Context, c storage.Community, person GUID, until storage.Millis) ([]Photo, error)
	// Remove makes the Ready photos of r Removed, but not those that are somebody's current one. It returns
	// them with the renditions that they had, which it drops.
	Remove(ctx context.Context, r Removal) ([]Photo, error)
	// Made returns the latest Ready photo that was made of the upload, with its renditions; NotFound if there
	// is none. One that was replaced comes after all that were not.
	Made(ctx context.Context, id storage.ID) (Photo, error)
	// Shown returns the people of whom a photo made of the upload is pending or current.
	Shown(ctx context.Context, id storage.ID) ([]GUID, error)
}

// Versions lists and hands over a person's photos. Its methods join the transaction of their context.
type Versions interface {
	// Versions returns up to n of a person's photos, without renditions, the latest first, from the one behind
	// after on; the zero After begins.
	Versions(ctx context.Context, c storage.Community, person GUID, after After, n int) ([]Photo, error)
	// Where returns the community in which a version is somebody's photo; NotFound.
	Where(ctx context.Context, v Version) (storage.Community, error)
	// Move makes all photos of a person another's.
	Move(ctx context.Context, c storage.Community, from, to GUID) error
}

// After is where a list goes on: behind the thing that was made at that time and has that name.
type After struct {
	Created storage.Millis
	Name    string
}

// Uploads lists and hands over uploads. Its methods join the transaction of their context.
type Uploads interface {
	// List returns up to n of an owner's uploads in a state, 0 for any, the latest first, from the one behind
	// the upload of that time and key on; 0 begins.
	List(ctx context.Context, l storage.Listing) ([]storage.Upload, error)
	// HandOver makes all uploads of one owner another's. A write that is running goes on.
	HandOver(ctx context.Context, c storage.Community, from, to storage.Subject) error
}

// Removal says which photos are removed: all of a Person, or, if that is "", all that were made of an Upload.
// They are remembered until Until.
type Removal struct {
	Community storage.Community
	Person    GUID
	Upload    storage.Key
	Until     storage.Millis
}

// Queue hands out pending photos as work. A claim is fenced by the photo's epoch and lasts until its Due:
// after that, somebody else may claim the photo.
type Queue interface {
	// Claim takes up to c.N photos whose Due has come: it adds one to Epoch and Tries, and sets Due to c.Until.
	// No photo is claimed twice, however many workers ask. Communities take turns, from the one after c.After
	// on, each with the photo that has waited longest.
	Claim(ctx context.Context, c Claim) ([]Photo, error)
	// Settle writes State, Reason, Type, Width, Height, Due, Tries and the Renditions of a claimed photo. If
	// the photo is no longer pending or its epoch is not p.Epoch, that is Superseded and nothing is written.
	Settle(ctx context.Context, p Photo) error
	// Replace sets the Due of a Ready photo that another takes the place of: it is served until then.
	Replace(ctx context.Context, p Photo, until storage.Millis) error
	// Attach adds renditions to a Ready photo that was not replaced, else NotFound. One of the same shape,
	// pixels and type is Exists, and nothing is added.
	Attach(ctx context.Context, p Photo, more []Rendition) error
	// Forget drops up to n photos that are over and whose Due has come, with their renditions, and says how
	// many. A person's newest and current photo stay.
	Forget(ctx context.Context, now storage.Millis, n int) (int, error)
}

// Claim says which pending photos a worker takes.
type Claim struct {
	Now, Until storage.Millis
	N          int
	Again      bool              // those that were tried before, instead of those that were not
	After      storage.Community // whose photo was claimed last
}

// Directory knows communities and people. An unknown community or person is NotFound. A person who was merged
// is the survivor: the row that is returned may have another GUID than was asked for. Its methods join the
// transaction of their context.
type Directory interface {
	// Community returns the community's name.
	Community(ctx context.Context, c storage.Community) (string, error)
	// Person returns the row.
	Person(ctx context.Context, c storage.Community, person GUID) (Person, error)
	// Ensure adds the person if the community does not know them yet.
	Ensure(ctx context.Context, c storage.Community, person GUID) error
	// Lock returns the row, and lets nobody else Lock it until the transaction of ctx ends.
	Lock(ctx context.Context, c storage.Community, person GUID) (Person, error)
	// Point writes Current and Newest of a person whom the caller has locked.
	Point(ctx context.Context, p Person) error
}

// Tx runs functions in transactions.
type Tx interface {
	// Do runs fn in a transaction that travels in fn's context, and commits if fn returns nil. Within a
	// transaction it joins. It may run fn again after a conflict: fn has no effects but those of the
	// transaction. The end of ctx does not end it: it has a time limit of its own.
	Do(ctx context.Context, fn func(ctx context.Context) error) error
}

// Originals reads finished uploads. storage.Engine is one.
type Originals interface {
	// Find returns the upload's row. A foreign community's id is NotFound; a cancelled or expired one is Gone,
	// with its row.
	Find(ctx context.Context, id storage.ID) (storage.Upload, error)
	// Open reads n bytes of a Complete upload from off on. The caller closes.
	Open(ctx context.Context, u storage.Upload, off, n int64) (io.ReadCloser, error)
	// KeepDigest keeps the SHA-256 of a Complete upload, for who asks later. One that is known stays.
	KeepDigest(ctx context.Context, u storage.Upload, sum []byte) error
}
