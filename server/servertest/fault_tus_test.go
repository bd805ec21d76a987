package servertest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R03 through tus: the program dies at each point around the last commit of an upload that wishes to be a photo.
// Its client asks, as it does after every break, sends what is missing, and has its photo: one, of the right
// bytes.
func TestR03AWishOutlivesCrashes(t *testing.T) {
	servertest.Long(t, "builds a program that dies on purpose")
	t.Parallel()
	const size = 100_000
	for _, point := range []string{"write.claimed", "run.synced", "commit.before", "commit.after", "associate.committed"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			child := servertest.Process(t, servertest.ProcessOptions{
				Faultpoints: true, Env: []string{"CAMEO_FAULTPOINT=" + point},
			})
			child.WaitReady()
			jane, content := call(t, child), servertest.Picture("me.png", size)
			guid := string(servertest.Person("jane"))
			at := jane.tusCreate(size, nil, fmt.Sprintf("Upload-Metadata: filename %s,objectId %s,type %s",
				encoded("me.png"), encoded(guid), encoded("ProfilePhoto")))
			if got, err := jane.try(http.MethodPatch, at, tusHead("Upload-Offset: 0"), bytes.NewReader(content), size); err == nil {
				t.Fatalf("the program lives: %v", got)
			}
			if code := child.Wait(within(10 * time.Second)); code != 137 {
				t.Fatalf("got exit code %d, want 137", code)
			}
			whole := servertest.Process(t, servertest.ProcessOptions{Data: child.Data})
			whole.WaitReady()
			jane = call(t, whole)
			offset := jane.want("head", jane.ask(http.MethodHead, at, tusHead(), nil), http.StatusOK).offset()
			if offset < size {
				jane.want("the rest", jane.tusPatch(at, offset, content[offset:]), http.StatusNoContent)
			}
			jane.wantTusFile(at, content)
			version := jane.photoOf("jane").Version
			jane.want("head", jane.ask(http.MethodHead, at, tusHead(), nil), http.StatusOK)
			if again := jane.photoOf("jane").Version; version == "" || again != version {
				t.Errorf("got the photo %q, and %q after another look", version, again)
			}
		})
	}
}
