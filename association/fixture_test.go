package association_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/association/album"
	"cameo/association/directory"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
)

const (
	jane = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
	john = association.GUID("11111111-2222-3333-4444-555555555555")
	root = association.GUID("99999999-9999-9999-9999-999999999999")
	here = storage.Community(1)
	away = storage.Community(2)
)

// thumbnail is what an attachment's page shows.
var thumbnail = association.Want{Shape: imaging.Wide, Pixels: 160}

func member(g association.GUID) association.Actor {
	return association.Actor{GUID: g, Communities: []storage.Community{here}}
}

func administrator() association.Actor {
	return association.Actor{GUID: root, Admin: []storage.Community{here}}
}

// house is everything that association stands on, all of it real but the disk.
type house struct {
	db      *sqldb.DB
	blobs   *mem.Store
	ledger  *ledger.Ledger
	engine  *storage.Engine
	album   *album.Album
	people  *directory.Directory
	service *association.Service
	worker  *association.Worker
	now     *atomic.Int64 // milliseconds
}

func build(t *testing.T, db *sqldb.DB, change func(*association.Config)) *house {
	t.Helper()
	h := &house{db: db, blobs: mem.New(storage.Shape{Parallel: 1}), ledger: ledger.New(db), album: album.New(db), now: new(atomic.Int64)}
	h.now.Store(1_000_000)
	clock := func() storage.Millis { return storage.Millis(h.now.Load()) }
	h.engine = storage.NewEngine(storage.Config{
		Ledger: h.ledger, Trash: h.ledger, Blobs: h.blobs, Node: "test", Clock: clock, Random: rand.Reader,
		Limits: storage.DefaultLimits(),
		Judge:  func(u storage.Upload) error { return h.service.Formats().Verdict(u.Type, u.Head) },
	})
	h.people = directory.New(db, clock, rand.Reader)
	cfg := association.Config{
		Album: h.album, Queue: h.album, Directory: h.people, Register: h.people, Tx: db, People: h.people, Identities: h.people,
		Audit: h.people, Secrets: h.people, Uploads: h.ledger, Versions: h.album, Originals: h.engine, Blobs: h.blobs,
		Holds: h.ledger, Trash: h.ledger, Clock: clock, Random: rand.Reader, Limits: association.DefaultLimits(2),
		Sessions: association.DefaultSessionLimits(),
	}
	if change != nil {
		change(&cfg)
	}
	h.worker = association.NewWorker(cfg)
	if cfg.Wake == nil {
		cfg.Wake = h.worker.Wake
	}
	h.service = association.NewService(cfg)
	must(t, h.people.AddCommunity(t.Context(), away, "Away"))
	return h
}

func (h *house) pass(d time.Duration) { h.now.Add(d.Milliseconds()) }

// begin creates an upload of which no byte has come.
func (h *house) begin(t *testing.T, c storage.Community, owner association.GUID, mediaType string, n int) storage.Upload {
	t.Helper()
	u, err := h.engine.Create(t.Context(), storage.New{
		Community: c, Owner: owner.Subject(), Length: int64(n), Type: mediaType, Name: "me.jpg",
	})
	must(t, err)
	return u
}

// upload sends bytes from first to last.
func (h *house) upload(t *testing.T, owner association.GUID, b []byte) storage.ID {
	t.Helper()
	return h.send(t, h.begin(t, here, owner, "image/jpeg", len(b)), b)
}

func (h *house) send(t *testing.T, u storage.Upload, b []byte) storage.ID {
	t.Helper()
	_, err := h.engine.Append(t.Context(), storage.Write{
		ID: u.ID, Len: int64(len(b)), Total: int64(len(b)), Body: body{bytes.NewReader(b)},
	})
	if err != nil && !fault.Is(err, fault.Unsupported) {
		t.Fatal(err)
	}
	return u.ID
}

type body struct{ *bytes.Reader }

func (body) Interrupt() {}

// shown makes a photo of fresh bytes, 120 by 80 pixels, and renders it.
func (h *house) shown(t *testing.T, person association.GUID) association.Photo {
	t.Helper()
	p, err := h.service.Associate(t.Context(), member(person), h.upload(t, person, photo(t, 120, 80)), person)
	must(t, err)
	h.step(t, 1)
	return p
}

func (h *house) step(t *testing.T, want int) {
	t.Helper()
	worked, err := h.worker.Step(t.Context())
	must(t, err)
	if worked != want {
		t.Fatalf("worked on %d photos, want %d", worked, want)
	}
}

func (h *house) state(t *testing.T, v association.Version, want association.PhotoState) association.Photo {
	t.Helper()
	p, err := h.service.Version(t.Context(), here, v)
	must(t, err)
	if p.State != want {
		t.Fatalf("the photo is %v (reason %q, tries %d), want %v", p.State, p.Reason, p.Tries, want)
	}
	return p
}

// count runs a query for one number.
func (h *house) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	must(t, h.db.QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.Of(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
}

// photo is a JPEG of a size.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{200, 80, 40, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}
