package sessions_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/boot"
	"cameo/server/servertest"
)

const (
	jane     = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
	john     = association.GUID("11111111-2222-3333-4444-555555555555")
	password = "correct horse"
	signIn   = `{"name":"jane","password":"correct horse"}`
)

// house is an instance of which jane and john are users, whose answers are held against the description.
type house struct {
	*servertest.Instance
	http *http.Client
}

func open(t *testing.T, change func(*boot.Config)) *house {
	t.Helper()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		if change != nil {
			change(c)
		}
	}))
	contract, err := servertest.NewContract(i.HTTP.Transport)
	if err != nil {
		t.Fatal(err)
	}
	for guid, name := range map[association.GUID]string{jane: "jane", john: "john"} {
		u := directory.User{Community: 1, GUID: guid, Name: name, Password: password}
		if err := i.Node().Directory.AddUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	return &house{i, &http.Client{Transport: contract}}
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	text string
}

// ask sends a request with lines of a head.
func (h *house) ask(t *testing.T, method, path, body string, head ...string) reply {
	t.Helper()
	return h.by(t, h.http, method, path, body, head...)
}

// raw is ask without a look at the description.
func (h *house) raw(t *testing.T, method, path, body string, head ...string) reply {
	t.Helper()
	return h.by(t, h.HTTP, method, path, body, head...)
}

func (h *house) by(t *testing.T, client *http.Client, method, path, body string, head ...string) reply {
	t.Helper()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, from)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range head {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(got.Body); err != nil {
		t.Fatal(err)
	}
	return reply{got, text.String()}
}

// identity is what a session says of itself.
type identity struct {
	ID, GUID           string
	Communities, Admin []int
	Expires            time.Time
	CSRFToken          string
}

// want is the answer's JSON, if it has the status.
func want[T any](t *testing.T, got reply, status int) (said T) {
	t.Helper()
	if got.StatusCode != status {
		t.Fatalf("%s %s: got %s %s, want %d", got.Request.Method, got.Request.URL.Path, got.Status, got.text, status)
	}
	if got.text != "" {
		if err := json.Unmarshal([]byte(got.text), &said); err != nil {
			t.Fatalf("%s: %v", got.text, err)
		}
	}
	return said
}

// session is one that has begun: its cookie, and who it is.
type session struct {
	cookie string // a line of a head
	identity
}

// begin signs jane in.
func (h *house) begin(t *testing.T, head ...string) session {
	t.Helper()
	return begun(t, h.ask(t, "POST", "/v1/session", signIn, head...))
}

func begun(t *testing.T, got reply) session {
	t.Helper()
	who := want[identity](t, got, http.StatusCreated)
	cookies := got.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "iglooauth" || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode ||
		cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Fatalf("got the cookies %v", got.Header["Set-Cookie"])
	}
	return session{"Cookie: iglooauth=" + cookies[0].Value, who}
}

// token is a bearer token as a line of a head.
func (h *house) token(person association.GUID) string {
	return "Authorization: Bearer " + h.Token(person)
}
