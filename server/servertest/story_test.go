package servertest_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// Instances look for S3's credentials where programs with an AWS SDK do.
func TestMain(m *testing.M) {
	for _, c := range servertest.Credentials() {
		name, value, _ := strings.Cut(c, "=")
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// The stories are those of Igloo's documents, one after the other.

func TestUploadAFileWhole(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 40_000).Send(0, 40_000).WantOffset(40_000).WantFile()
}

func TestResumeAnIncompleteUpload(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 4000)
	jane.Send(0, 1000).Drop().WantOffset(1000).Send(1000, 4000).Associate("jane").WantPhoto("me.png")
}

func TestResumeWhatWasCutInTheMiddle(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 300_000)
	jane.Cut(0, 123_457).WantOffset(123_457).Cut(123_457, 200_001).WantOffset(200_001)
	jane.Send(200_001, 300_000).WantFile()
}

func TestResumeAfterTheServerWasRestarted(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 4000).Send(0, 1000)
	s.Restart()
	jane.WantOffset(1000).Send(1000, 4000).WantFile()
}

func TestQueryTheStatusOfAnUpload(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 4000).WantOffset(0).Send(0, 1).WantOffset(1).Send(1, 4000).WantOffset(4000)
	jane.WantSaid(`"isComplete":true`)
}

func TestARangeMustContinueWhatIsThere(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 4000).Send(0, 1024)
	jane.Send(1025, 2000).WantRefused(http.StatusRequestedRangeNotSatisfiable)
	jane.Send(500, 2000).WantRefused(http.StatusRequestedRangeNotSatisfiable)
	jane.WantOffset(1024).Send(1024, 4000).WantFile()
}

func TestAssociateOnesOwnPhoto(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantPhoto("me.png")
	jane.Create("newer.png", 5000).Send(0, 5000).Associate("jane").WantPhoto("newer.png")
}

func TestAnAdministratorAssociatesAnothersPhoto(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.AsAdministrator("root").Create("badge.png", 4000).Send(0, 4000).Associate("jane").WantPhotoOf("jane", "badge.png")
}

func TestOthersMayNotAssociateIt(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	bob := s.As("bob").Create("joke.png", 4000).Send(0, 4000)
	bob.Associate("jane").WantRefused(http.StatusForbidden).WantNoPhotoOf("jane")
	s.As("jane").Take(bob).Associate("jane").WantRefused(http.StatusNotFound)
	s.AsStranger().Take(bob).Associate("jane").WantRefused(http.StatusUnauthorized)
}

func TestAnIncompleteUploadIsNobodysPhoto(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 3999).Associate("jane").WantRefused(http.StatusConflict)
}

func TestWhatIsNoPictureIsRefusedAtItsEnd(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	page := []byte("<html><script>alert(1)</script></html>")
	jane := s.As("jane").CreateFile("me.png", "image/png", page).Send(0, 10)
	jane.Send(10, len(page)).WantRefused(http.StatusUnsupportedMediaType).WantSaid("not_an_image")
	jane.CreateFile("me.jpg", "image/jpeg", servertest.Picture("me.png", 4000))
	jane.Send(0, 4000).WantRefused(http.StatusUnsupportedMediaType).WantSaid("type_mismatch")
}

func TestAnUploadExpires(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 1000)
	s.Clock.Advance(time.Duration(boot.Default().Expiry) + time.Minute)
	if _, err := s.Engine().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.As("jane").Send(1000, 4000).WantRefused(http.StatusGone)
}

func TestACancelledUploadIsGone(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 1000).Cancel().Send(1000, 4000).WantRefused(http.StatusGone)
}

func TestARealPhotograph(t *testing.T) {
	t.Parallel()
	photograph, err := os.ReadFile(servertest.Photograph(t))
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Tell(t, servertest.Start(t))
	jane := s.As("jane").CreateFile("elephants.jpg", "image/jpg", photograph)
	jane.Cut(0, 1_234_567).WantOffset(1_234_567)
	s.Restart()
	jane.WantOffset(1_234_567).Send(1_234_567, len(photograph)).WantFile().Associate("jane").WantReady("jane")
}
