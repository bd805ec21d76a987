package igloo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// withTLS gives the instance a certificate of its own making.
func withTLS(t *testing.T) func(*boot.Config) {
	t.Helper()
	cert, key, _ := servertest.SelfSigned(t)
	return func(c *boot.Config) { c.TLSCert, c.TLSKey = cert, key }
}

// createBy is create over a client of net/http.
func (i *instance) createBy(t *testing.T, c *http.Client) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", i.URL+attachments,
		strings.NewReader(fmt.Sprintf(`{"ContentLength":%d,"ContentType":"image/png","Name":"me.png"}`, size)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+i.token(jane))
	got, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	location := got.Header.Get("Location")
	return location[strings.LastIndex(location, "/")+1:]
}
