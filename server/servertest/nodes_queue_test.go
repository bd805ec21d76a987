package servertest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R28 on two nodes: both take photos from one queue, and none is rendered twice.
func shareTheQueue(t *testing.T, d *deployment) {
	t.Helper()
	const photos = 40
	nodes := d.nodes(2)
	content := servertest.Picture("me.png", 4000)
	var all sync.WaitGroup
	for hand := range 4 {
		all.Go(func() {
			root := call(t, nodes[hand%2])
			root.token = nodes[hand%2].Token(string(servertest.Person("root")), true)
			for n := hand; n < photos; n += 4 {
				key := root.create(len(content))
				root.want("upload", root.patch(key, content, 0, len(content)), http.StatusOK)
				at := attachments + "/" + key + "/association/" + string(servertest.Person(fmt.Sprint(n)))
				root.want("associate", root.ask(http.MethodPost, at+"?type=ProfilePhoto", nil, nil), http.StatusOK)
			}
		})
	}
	all.Wait()
	until := time.Now().Add(within(30 * time.Second))
	for d.rows(`SELECT COUNT(*) FROM photos WHERE state = 1`)[0] != "0" && time.Now().Before(until) {
		time.Sleep(50 * time.Millisecond)
	}
	for _, c := range nodes {
		c.Kill()
	}
	if got := d.rows(`SELECT COUNT(*) FROM photos WHERE state = 2 AND epoch = 1 AND tries = 1`)[0]; got != fmt.Sprint(photos) {
		t.Errorf("got %s photos that are ready and were claimed once, want %d", got, photos)
	}
	sheets := 0
	for _, name := range d.objects() { // each rendering stores one object
		if version, _, ok := strings.Cut(name, "/"); ok && len(version) == len("0123456789Ab") {
			sheets++
		}
	}
	if sheets != photos {
		t.Errorf("got %d objects with pictures, want one of each of %d photos", sheets, photos)
	}
	d.wantTidy()
}
