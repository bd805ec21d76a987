package servertest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// answers is a server that gives one answer to everything.
type answers struct {
	status int
	kind   string
	body   string
}

// RoundTrip is http.RoundTripper's.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Request: r, StatusCode: a.status, ProtoMajor: 1, Header: http.Header{"Content-Type": {a.kind}},
		Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

// A check that never fails proves nothing: the contract is shown what breaks it.
func TestTheContractBites(t *testing.T) {
	t.Parallel()
	const create = "/.api2/api/v1/communities/1/attachments"
	for _, c := range []struct {
		name, method, path string
		answer             answers
		wrong              string // what the error says; "" when all is well
	}{
		{"as described", http.MethodGet, "/healthz", answers{200, "application/json", `{"status":"alive"}`}, ""},
		{"no such path", http.MethodGet, "/nowhere", answers{200, "text/plain", ""}, "is not described"},
		{"no such status", http.MethodGet, "/healthz", answers{418, "application/json", `{}`}, "is not as described"},
		{"another shape", http.MethodGet, "/healthz", answers{200, "application/json", `[]`}, "is not as described"},
		{"no number", http.MethodPost, create, answers{201, "application/json", `{}`}, "was accepted and is not"},
	} {
		contract, err := servertest.NewContract(c.answer)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.NewReader(`{"ContentLength":"ten"}`)
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://127.0.0.1"+c.path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := contract.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: got %v, want an error that says %q", c.name, err, c.wrong)
		}
	}
}
