//go:build soak && linux

package servertest_test

import (
	"bytes"
	"os/exec"
	"testing"
	"time"
)

// A03, A10, A20: what reads the text and the files of strangers, nine minutes for each target. An input that breaks
// one is kept among the target's testdata. The command is content with a target that is not there, so the test is not.
func TestSoakA10Fuzz(t *testing.T) {
	for _, c := range []struct{ name, room, target string }{
		{"decoders", "cameo/association/imaging", "FuzzRender"},
		{"headers of pictures", "cameo/association/imaging", "FuzzJudge"},
		{"EXIF and colour profiles", "cameo/association/imaging", "FuzzEXIF"},
		{"Content-Range", "cameo/storage", "FuzzParseContentRange"},
		{"URLs", "cameo/association/fetch", "FuzzJudge"},
		{"parts of Salesforce", "cameo/server/salesforce", "FuzzParts"},
		{"bodies of Salesforce", "cameo/server/salesforce", "FuzzBodies"},
		{"ids of Salesforce", "cameo/server/salesforce", "FuzzIDs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			length := soakTime(t, 9*time.Minute).String()
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
