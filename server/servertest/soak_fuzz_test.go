//go:build soak && linux

package servertest_test

import (
	"bytes"
	"os/exec"
	"testing"
	"time"
)

// A03, A10, A20: what reads the files and the text of strangers, ten minutes for each target that reads pictures and
// eight for the others. An input that breaks one is kept among the target's testdata. The command is content with a
// target that is not there, so the test is not.
func TestSoakA10Fuzz(t *testing.T) {
	for _, c := range []struct {
		name, room, target string
		minutes            time.Duration
	}{
		{"decoders", "cameo/association/imaging", "FuzzRender", 10},
		{"headers of pictures", "cameo/association/imaging", "FuzzJudge", 10},
		{"EXIF and colour profiles", "cameo/association/imaging", "FuzzEXIF", 10},
		{"Content-Range", "cameo/storage", "FuzzParseContentRange", 8},
		{"URLs", "cameo/association/fetch", "FuzzJudge", 8},
		{"parts of Salesforce", "cameo/server/salesforce", "FuzzParts", 8},
		{"bodies of Salesforce", "cameo/server/salesforce", "FuzzBodies", 8},
		{"ids of Salesforce", "cameo/server/salesforce", "FuzzIDs", 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			length := soakTime(t, c.minutes*time.Minute).String()
			fuzz := exec.Command("go", "test", "-tags", "nodynamic", "-run", "^$", "-fuzz", "^"+c.target+"$",
				"-fuzztime", length, "-timeout", "0", c.room)
			said, err := fuzz.CombinedOutput()
			t.Logf("%s", said[max(len(said)-2000, 0):])
			if err != nil || !bytes.Contains(said, []byte("fuzz: elapsed: ")) {
				t.Errorf("%s: %v, or nothing was fuzzed", c.target, err)
			}
		})
	}
}
