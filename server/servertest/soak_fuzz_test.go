//go:build soak && linux

package servertest_test

import (
	"os/exec"
	"testing"
	"time"
)

// A03, A10, A20: each fuzz target for ten minutes. An input that breaks one is kept among the target's testdata.
func TestSoakA10Fuzz(t *testing.T) {
	for _, c := range []struct{ name, room, target string }{
		{"decoders", "cameo/association/imaging", "FuzzSquare"},
		{"Content-Range", "cameo/storage", "FuzzParseContentRange"},
		{"URLs", "cameo/association/fetch", "FuzzJudge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			length := soakTime(t, 10*time.Minute).String()
			fuzz := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+c.target+"$", "-fuzztime", length, "-timeout", "0", c.room)
			said, err := fuzz.CombinedOutput()
			if t.Logf("%s", said[max(len(said)-2000, 0):]); err != nil {
				t.Error(err)
			}
		})
	}
}
