// Package page shows people what this is, lets them send their photo, and describes the interface. Its pages
// need nothing from elsewhere.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/docs/api"
	"cameo/server/auth"
	"cameo/storage"
)

var (
	//go:embed style.css
	style string
	//go:embed logo.svg
	logo []byte
	//go:embed *.html
	texts embed.FS
)

// Config is what a Handler is made of.
type Config struct {
	Public string               // the address that people use; "" means the one that each request came to
	People *association.Service // signs people in
	Auth   *auth.Auth
	Issuer *auth.Provider // where else people sign in; nil: nowhere
	Sealer *auth.Sealer   // of what a browser keeps meanwhile

	MaxPhoto int64 // bytes that a photo may have
}

// frame is what all pages are made of.
type frame struct {
	Style template.CSS
	Who   *who // nil: a stranger
	Bare  bool // it needs no way to sign in
}

// welcome is what the first page is made of.
type welcome struct {
	frame
	Origin   string       // the address that people use
	MaxPhoto storage.Size // of a photo
}

// manual is what the page of the interface is made of.
type manual struct {
	frame
	Reference template.HTML
}

// Handler answers the paths of the pages. Its methods are echo handlers.
type Handler struct {
	Config
	pages     *template.Template
	reference template.HTML // it never changes: made once
	policy    string        // Content-Security-Policy
}

// New returns a Handler. It fails if the interface's description cannot be read.
func New(cfg Config) (*Handler, error) {
	marks := template.FuncMap{"prose": prose, "breakable": breakable}
	pages := template.New("").Funcs(marks)
	for _, name := range []string{"bar", "home", "photo", "docs", "reference", "signin", "link", "failure"} {
		text, err := texts.ReadFile(name + ".html")
		if err != nil {
			return nil, err
		}
		if _, err := pages.New(name).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	d, err := readDocument(api.Spec())
	if err != nil {
		return nil, err
	}
	var reference bytes.Buffer
	if err := pages.ExecuteTemplate(&reference, "reference", d); err != nil {
		return nil, err
	}
	cfg.Public = strings.TrimSuffix(cfg.Public, "/")
	sum := sha256.Sum256([]byte(style))
	return &Handler{
		Config: cfg, pages: pages, reference: template.HTML(reference.String()),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; " +
			"frame-ancestors 'none'",
	}, nil
}

// Home answers with the first page: what this is, and the commands to try it with.
func (h *Handler) Home(c echo.Context) error {
	person, err := h.who(c)
	if err != nil {
		return err
	}
	origin := h.Public
	if origin == "" {
		origin = c.Scheme() + "://" + c.Request().Host
	}
	sayOurs(c)
	of := welcome{h.frame(person), origin, storage.Size(h.MaxPhoto)}
	return h.show(c, http.StatusOK, h.pages.Lookup("home"), of)
}

// sayOurs has the browser say that a page's forms are ours, which it would not without a referrer.
func sayOurs(c echo.Context) { c.Response().Header().Set(echo.HeaderReferrerPolicy, "same-origin") }

func (h *Handler) frame(person *who) frame { return frame{Style: template.CSS(style), Who: person} }

// Docs answers with the description of the interface, to be read.
func (h *Handler) Docs(c echo.Context) error {
	person, err := h.who(c)
	if err != nil {
		return err
	}
	sayOurs(c)
	return h.show(c, http.StatusOK, h.pages.Lookup("docs"), manual{h.frame(person), h.reference})
}

// Spec answers with the description of the interface, for programs.
func (h *Handler) Spec(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "application/yaml", api.Spec())
}

// Icon answers with the logo.
func (h *Handler) Icon(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=86400")
	return c.Blob(http.StatusOK, "image/svg+xml", logo)
}

// show answers with a page that is made for whoever looks at it.
func (h *Handler) show(c echo.Context, status int, page *template.Template, of any) error {
	var text bytes.Buffer
	if err := page.Execute(&text, of); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return h.html(c, status, text.Bytes())
}

func (h *Handler) html(c echo.Context, status int, page []byte) error {
	c.Response().Header().Set("Content-Security-Policy", h.policy)
	return c.HTMLBlob(status, page)
}
