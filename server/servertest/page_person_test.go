package servertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// A person signs in by a link, sends a photo on the first page, sends what is none and is told why, removes the photo, and
// signs out: in a browser.
func TestAPersonOnTheFirstPage(t *testing.T) {
	t.Parallel()
	clients, browser := tusClients(t), chromium(t)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxPhoto = 16 << 20 }))
	jane := servertest.Person("jane")
	if _, err := i.Node().Photos.Arrive(t.Context(), association.Actor{GUID: jane, Communities: []storage.Community{1}}); err != nil {
		t.Fatal(err)
	}
	secret, err := i.Node().Photos.NewLink(t.Context(), 1, jane)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "holiday.jpg")
	heic := "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + strings.Repeat("x", 2000)
	if err := os.WriteFile(bad, []byte(heic), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "node", filepath.Join(clients, "page.mjs"),
		i.URL, i.URL+"/signin/link?token="+secret, servertest.Photograph(t), bad, browser).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{
		"a stranger sees the photo false", "a stranger is told Sign in to send a photo /signin",
		"empty.jpg: This file is empty.", "large.jpg: This file has 20.0 MB; a photo may have 16 MiB.", "me.txt: image/jpeg (also",
		"me.heic: Pictures in HEIC and AVIF are not accepted; send it as JPEG, PNG, GIF or WebP.",
		"first: You have no photo yet. false", "good: Done. This is your photo.", "face: 256",
		"still: This is your photo. true", "removed: You have no photo yet. false", "signed out: 401", "wrong: 0",
	} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, sentence, _ := strings.Cut(string(said), "bad: "); !strings.Contains(sentence, "HEIC") || !strings.Contains(sentence, "JPEG") {
		t.Errorf("the page does not say what to send instead: %.200s", sentence)
	}
	if t.Failed() {
		t.Logf("%s", said)
	}
}
