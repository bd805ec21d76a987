package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"cameo/server/client"
	"cameo/server/servertest"
	"cameo/storage/fault"
)

func TestReadyAsksARunningServer(t *testing.T) {
	t.Parallel()
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if err := client.Ready(t.Context(), servertest.Start(t).URL, hc); err != nil {
		t.Errorf("got %v, want it ready", err)
	}
	if err := client.Ready(t.Context(), "127.0.0.1:8080", hc); fault.Of(err) != fault.Invalid {
		t.Errorf("no URL: got %v, want Invalid", err)
	}
}

// What a server that is whole never says, and what is said by something else at its address.
func TestReadySaysWhyNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, answer, want string
	}{
		{
			"a part is away", `{"status":"not_ready","failed":["database","blobs"]}`,
			"the server is not ready, because of its database and blobs",
		},
		{"it stops", `{"status":"draining","failed":[]}`, "the server is draining"},
		{"another server", `<h1>It works!</h1>`, "the answer is none of a Cameo server"},
		{"other words", `{"ok":true}`, "the answer is none of a Cameo server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, c.answer)
			}))
			defer s.Close()
			err := client.Ready(t.Context(), s.URL, s.Client())
			if fault.Of(err) != fault.Unavailable || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
