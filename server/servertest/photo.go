package servertest

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	_ "image/jpeg" // renditions are JPEG
	"net/http"
	"time"
)

// photoTime is how long renditions may take, which are made in the background; with -race on a busy machine,
// quite long.
const photoTime = 90 * time.Second

// WantPhoto waits until the person's newest photo is ready, and wants it to show the Picture of that name.
func (a *Actor) WantPhoto(name string) *Actor {
	a.t.Helper()
	return a.WantPhotoOf(a.name, name)
}

// WantPhotoOf is WantPhoto for another person.
func (a *Actor) WantPhotoOf(person, name string) *Actor {
	a.t.Helper()
	a.WantReady(person)
	a.took("see", a.ask(http.MethodGet, at(person)+"?size=45&default=404", http.Header{}, http.NoBody))
	img, _, err := image.Decode(bytes.NewReader(a.last.body))
	if err != nil {
		a.t.Fatalf("%s: the photo of %s cannot be read: %v", a.name, person, err)
	}
	middle := img.Bounds().Min.Add(image.Pt(img.Bounds().Dx()/2, img.Bounds().Dy()/2))
	if got := img.At(middle.X, middle.Y); !alike(got, Colour(name)) {
		a.t.Fatalf("%s: the photo of %s is of colour %v, want %v of %s", a.name, person, got, Colour(name), name)
	}
	return a
}

// WantReady waits until the newest photo of a person is no longer pending, and wants it to be ready.
func (a *Actor) WantReady(person string) *Actor {
	a.t.Helper()
	if state := a.photoState(person); state != "ready" {
		a.t.Fatalf("%s: the photo of %s is %s, want ready", a.name, person, state)
	}
	return a
}

// WantNoPhotoOf wants the person to have none.
func (a *Actor) WantNoPhotoOf(person string) *Actor {
	a.t.Helper()
	a.took("see", a.ask(http.MethodGet, at(person)+"?size=45&default=404", http.Header{}, http.NoBody))
	return a.WantRefused(http.StatusNotFound)
}

// photoState is that of the person's newest photo, when it is no longer pending.
func (a *Actor) photoState(person string) string {
	a.t.Helper()
	header := http.Header{"Accept": {"application/json"}}
	for until := time.Now().Add(photoTime); ; time.Sleep(20 * time.Millisecond) {
		a.took("describe", a.ask(http.MethodGet, at(person), header.Clone(), http.NoBody))
		var photo struct {
			State string `json:"state"`
		}
		if err := json.Unmarshal(a.last.body, &photo); err != nil {
			a.t.Fatalf("%s: the photo of %s is described as %s: %v", a.name, person, a.last.body, err)
		}
		if photo.State != "pending" || time.Now().After(until) {
			return photo.State
		}
	}
}

func at(person string) string { return "/v1/communities/1/users/" + string(Person(person)) + "/photo" }

// alike allows for what JPEG does to a colour.
func alike(got, want color.Color) bool {
	r1, g1, b1, _ := got.RGBA()
	r2, g2, b2, _ := want.RGBA()
	return near(r1, r2) && near(g1, g2) && near(b1, b2)
}

func near(a, b uint32) bool { return max(a, b)-min(a, b) < 12<<8 }
