package boot_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"cameo/server/boot"
)

// However many programs start at once on new data, there is one first administrator, and a later start makes no other.
func TestManyStartsMakeOneAdministrator(t *testing.T) {
	t.Parallel()
	const programs = 8
	cfg := boot.Default()
	cfg.Data, cfg.Listen, cfg.OpsListen = t.TempDir(), "127.0.0.1:0", "off"
	var nodes [programs + 1]*boot.Node
	var said [programs + 1]bytes.Buffer
	for i := range nodes {
		node, err := boot.Open(t.Context(), cfg, boot.ThisMachine(&said[i]))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = node.Close() })
		nodes[i] = node
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	serve := func(n *boot.Node) {
		if err := n.Serve(stopped); err != nil {
			t.Error(err)
		}
	}
	var all sync.WaitGroup
	for _, node := range nodes[:programs] {
		all.Go(func() { serve(node) })
	}
	all.Wait()
	serve(nodes[programs])
	people, err := nodes[0].Directory.Search(t.Context(), 1, "administrator", "", 2*programs)
	if err != nil || len(people) != 1 || !people[0].Admin {
		t.Errorf("got %+v, %v, want one administrator", people, err)
	}
	if strings.Contains(said[programs].String(), "/signin/link") {
		t.Error("a later start prints a link")
	}
}
