package page

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// form is what the sign-in page is made of.
type form struct {
	frame
	Issuer          bool // there is another place to sign in at
	Several         bool // there are several communities
	Community, Name string
	Next            string
	Trouble         string
}

// who is the person whom a page greets.
type who struct {
	Name, GUID, CSRFToken string
}

// who is the person who looks at a page; nil for a stranger, and for whoever's session is over.
func (h *Handler) who(c echo.Context) (*who, error) {
	actor, err := h.Auth.Actor(c)
	if fault.Is(err, fault.Unauthenticated) || err == nil && !actor.Known() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := reply.NoteActor(c, string(actor.GUID)); err != nil {
		return nil, err
	}
	one := &who{GUID: string(actor.GUID), CSRFToken: h.Auth.CSRFToken(c)}
	for _, community := range actor.Memberships() {
		p, err := h.People.Profile(c.Request().Context(), community, actor.In(community))
		if err == nil && p.Name != "" {
			one.Name = p.Name
			break
		}
	}
	if one.Name == "" {
		one.Name = one.GUID[:8]
	}
	return one, nil
}

// SignInForm answers with the page to sign in.
func (h *Handler) SignInForm(c echo.Context) error {
	return h.showForm(c, http.StatusOK, form{Next: ours(c.QueryParam("next"))})
}

// SignIn signs in with the form's name and password, and goes on to the page that was wanted.
func (h *Handler) SignIn(c echo.Context) error {
	f := form{
		Community: c.FormValue("community"), Name: c.FormValue("name"), Next: ours(c.FormValue("next")),
	}
	err := h.signIn(c, f, c.FormValue("password"))
	if err == nil {
		return h.goOn(c, f.Next)
	}
	if !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.TooMany) {
		return err
	}
	f.Trouble = sentence(err)
	return h.showForm(c, h.status(c, err), f)
}

func (h *Handler) signIn(c echo.Context, f form, password string) error {
	in := func(ctx context.Context) (storage.Community, error) {
		community, err := storage.ParseCommunity(f.Community)
		if err == nil {
			return community, nil
		}
		community, err = h.People.Secrets.FindCommunity(ctx, f.Community)
		if fault.Is(err, fault.NotFound) {
			return 0, nil
		}
		return community, err
	}
	actor, err := h.People.SignIn(c.Request().Context(), in, f.Name, password)
	if err != nil {
		return err
	}
	return h.begin(c, actor, association.ViaPassword)
}

func (h *Handler) begin(c echo.Context, actor association.Actor, via association.Via) error {
	if err := reply.NoteActor(c, string(actor.GUID)); err != nil {
		return err
	}
	_, _, err := h.Auth.Begin(c, actor, via)
	return err
}

// SignOut ends the session that asks. A form cannot send the header that shows it to be ours; it has a field.
func (h *Handler) SignOut(c echo.Context) error {
	c.Request().Header.Set(auth.CSRFHeader, c.FormValue("csrf"))
	actor, err := h.Auth.Actor(c)
	if err == nil && actor.Session != "" {
		err = h.People.End(c.Request().Context(), actor, actor.Session)
	}
	if err != nil && !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.NotFound) {
		return err
	}
	h.Auth.SignOut(c)
	return h.goOn(c, "/")
}

// goOn sends the browser to a page of ours.
func (h *Handler) goOn(c echo.Context, path string) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, path)
}

func (h *Handler) showForm(c echo.Context, status int, f form) error {
	several, err := h.severalCommunities(c.Request().Context())
	if err != nil {
		return err
	}
	f.frame, f.Issuer, f.Several = h.frame(nil), h.Issuer != nil, several
	f.Bare = true
	sayOurs(c)
	return h.show(c, status, h.pages.Lookup("signin"), f)
}

func (h *Handler) severalCommunities(ctx context.Context) (bool, error) {
	_, err := h.People.Secrets.FindCommunity(ctx, "")
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return false, err
}

// ours is a path of ours: next, unless a browser would take it for another site's address.
func ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.Contains(next, `\`) || strings.ContainsFunc(next, unicode.IsControl) {
		return "/"
	}
	return next
}
