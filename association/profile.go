package association

import (
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// Person is a member of a community, as far as photos are concerned.
type Person struct {
	Community storage.Community
	GUID      GUID
	Name      string         // as it is displayed; "" when nobody has told it
	Current   Version        // the photo that is shown, "" for none
	Newest    Version        // the photo that was asked for last, "" for none
	Created   storage.Millis // first sight
	Admin     bool           // administers the community, whatever a token says
	Disabled  storage.Millis // since when the person is shut out; 0: not
}

// NoPerson is the answer for a person whom the community does not know.
func NoPerson() error { return fault.New(fault.NotFound, "there is no such person") }

// Description is what may be told of a person's photo.
type Description struct {
	State   PhotoState // of the newest photo; 0 when there is none
	Version Version    // of the newest photo
	Reason  string     // why the newest failed; told only to the person and to administrators
	Current Version    // the photo that is shown, "" for none
	Width   int        // of the shown photo's original, upright, in pixels
	Height  int
	Crop    imaging.Crop // the square of it that is shown
	// Thumbhash and Colour stand in for the shown photo until it has come; nil and black when none is shown.
	Thumbhash []byte
	Colour    imaging.Colour
	Sizes     []int // that may be asked for; none when no photo is shown
}
