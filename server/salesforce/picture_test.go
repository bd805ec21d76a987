package salesforce_test

import (
	"fmt"
	"strings"
	"testing"
)

// addresses are the properties of the resource that name a picture.
var addresses = [...]string{
	"largePhotoUrl", "mediumPhotoUrl", "smallPhotoUrl", "fullEmailPhotoUrl", "standardEmailPhotoUrl",
}

// What is smaller than a size is shown as large as it is.
func TestNothingIsEnlarged(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, one := range []struct {
		name, crop string
		want       string
	}{
		{"the whole of it", "", "100x50 100x50 50x50 100x50 45x45"},
		{"a crop", `{"cropX":5,"cropY":5,"cropSize":40}`, "40x40 40x40 40x40 40x40 40x40"},
		{"the smallest crop", `{"cropX":84,"cropY":34,"cropSize":16}`, "16x16 16x16 16x16 16x16 16x16"},
	} {
		parts := []string{binaryPart("fileUpload", string(quarters(t, 100, 50)))}
		if one.crop != "" {
			parts = append(parts, rich("json", one.crop))
		}
		if got := c.post(parts...); got.StatusCode != 201 {
			t.Fatalf("%s: got %v", one.name, got)
		}
		c.ready("jane", "ready")
		r := c.want(200, "GET", photo, nil).resource(t)
		var got []string
		for _, name := range addresses {
			size := c.picture(r[name].(string)).Bounds().Size()
			got = append(got, fmt.Sprintf("%dx%d", size.X, size.Y))
		}
		if got := strings.Join(got, " "); got != one.want {
			t.Errorf("%s: got %s, want %s", one.name, got, one.want)
		}
	}
}
