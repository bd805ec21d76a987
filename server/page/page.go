// Package page shows people what this is, lets them send their photo, and describes the interface. Its pages
// need nothing from elsewhere.
package page

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/docs/api"
)

var (
	//go:embed style.css
	style string
	//go:embed home.html
	homeText string
	//go:embed photo.html
	photoText string
	//go:embed docs.html
	docsText string
)

// welcome is what the first page is made of.
type welcome struct {
	Origin string // the address that people use
	Style  template.CSS
}

// Handler answers the paths of the pages. Its methods are echo handlers.
type Handler struct {
	home   *template.Template
	docs   []byte // they never change: made once
	public string
}

// New returns a Handler. Public is the address that people use, such as https://photos.example.org; ""
// means the one that each request came to. It fails if the interface's description cannot be read.
func New(public string) (*Handler, error) {
	home, err := template.New("home").Parse(homeText + photoText)
	if err != nil {
		return nil, err
	}
	d, err := readDocument(api.Spec())
	if err != nil {
		return nil, err
	}
	marks := template.FuncMap{"prose": prose, "breakable": breakable}
	text, err := template.New("docs").Funcs(marks).Parse(docsText)
	if err != nil {
		return nil, err
	}
	var docs bytes.Buffer
	d.Style = template.CSS(style)
	if err := text.Execute(&docs, d); err != nil {
		return nil, err
	}
	return &Handler{home: home, docs: docs.Bytes(), public: strings.TrimSuffix(public, "/")}, nil
}

// Home answers with the first page: what this is, and the commands to try it with.
func (h *Handler) Home(c echo.Context) error {
	origin := h.public
	if origin == "" {
		origin = "http://" + c.Request().Host
		if c.IsTLS() {
			origin = "https://" + c.Request().Host
		}
	}
	var page bytes.Buffer
	if err := h.home.Execute(&page, welcome{origin, template.CSS(style)}); err != nil {
		return err
	}
	return html(c, page.Bytes())
}

// Docs answers with the description of the interface, to be read.
func (h *Handler) Docs(c echo.Context) error { return html(c, h.docs) }

// Spec answers with the description of the interface, for programs.
func (h *Handler) Spec(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "application/yaml", api.Spec())
}

func html(c echo.Context, page []byte) error {
	head := c.Response().Header()
	head.Set("Cache-Control", "no-cache")
	head.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return c.HTMLBlob(http.StatusOK, page)
}
