package boot_test

import (
	"errors"
	"fmt"
	"testing"

	"cameo/server/boot"
	"cameo/storage/fault"
)

// What people read says what is wrong; the words of drivers come only on request.
func TestSentence(t *testing.T) {
	t.Parallel()
	driver := errors.New("operation error S3: PutObject,\nStatusCode: 0")
	refused := fault.Wrap(driver, fault.Invalid, "the bucket is missing")
	for name, c := range map[string]struct {
		err           error
		says, because string
	}{
		"a fault": {
			refused, "the bucket is missing",
			"the bucket is missing: operation error S3: PutObject,; StatusCode: 0",
		},
		"a fault without a cause": {fault.New(fault.Invalid, "--data: no"), "--data: no", "--data: no"},
		"a fault that hides one": {
			fault.Wrap(refused, fault.Unavailable, "try again"), "try again: the bucket is missing",
			"try again: the bucket is missing: operation error S3: PutObject,; StatusCode: 0",
		},
		"words around it": {
			fmt.Errorf("it ended: %w; go on", refused), "it ended: the bucket is missing; go on",
			"it ended: the bucket is missing: operation error S3: PutObject,; StatusCode: 0; go on",
		},
		"several": {
			errors.Join(fault.Wrap(driver, fault.Full, "no room"), errors.New("closed")), "no room; closed",
			"no room: operation error S3: PutObject,; StatusCode: 0; closed",
		},
		"no fault": {errors.New("open me.png: no such file"), "open me.png: no such file", "open me.png: no such file"},
	} {
		if got := boot.Sentence(c.err); got != c.says {
			t.Errorf("%s: got %q, want %q", name, got, c.says)
		}
		if got := boot.Causes(c.err); got != c.because {
			t.Errorf("%s, with its causes: got %q, want %q", name, got, c.because)
		}
	}
}
