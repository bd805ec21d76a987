package igloo

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// old is where the paths of Igloo's older interface begin. It has ways of its own: XML unless JSON is asked
// for, and HTTP 200 for a refusal whose reason is what the client said.
const old = "/.api/"

func isOld(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, old) }

// spoken says whether the older interface refuses this with HTTP 200.
func spoken(k fault.Kind) bool {
	return k == fault.Malformed || k == fault.Invalid || k == fault.Unauthenticated
}

// session is what a client learns of its new session.
type session struct {
	Type             string  `json:"__type"           xml:"-"`
	ApplicationID    string  `json:"applicationId"    xml:"applicationId"`
	CommunityID      string  `json:"communityId"      xml:"communityId"`
	UserID           string  `json:"userId"           xml:"userId"` // the objectId of oneself
	SecretKey        string  `json:"secretKey"        xml:"secretKey"`
	SessionKey       string  `json:"sessionKey"       xml:"sessionKey"`
	BaseURI          string  `json:"baseUri"          xml:"baseUri"`
	BaseURIHTTPS     string  `json:"baseUriHttps"     xml:"baseUriHttps"`
	CustomSessionKey string  `json:"customSessionKey" xml:"customSessionKey"`
	AuthInstance     *string `json:"authInstance"     xml:"authInstance"`
	TenantID         string  `json:"tenantId"         xml:"tenantId"`
}

// CreateSession signs a person in by name and password. The session's key is in the answer and in its cookie.
func (h *Handler) CreateSession(c echo.Context) error {
	f, err := sessionFields(c.Request(), c.QueryParams())
	if err != nil {
		return err
	}
	asked, err := f.signIn()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	var community storage.Community
	in := func(ctx context.Context) (_ storage.Community, err error) {
		community, err = h.community(ctx, asked.community, c.Request().Host, h.Auth.Guard().Base(c))
		return community, err
	}
	actor, err := h.Photos.SignIn(ctx, in, asked.name, asked.password)
	if err != nil {
		return err
	}
	if err := reply.NoteActor(c, string(actor.GUID)); err != nil {
		return err
	}
	key, _, err := h.Auth.Begin(c, actor, association.ViaPassword)
	if err != nil {
		return err
	}
	return tell(c, http.StatusOK, envelope{Response: h.describe(c, asked.application, key, community, actor)})
}

// describe is what a client learns. A community's GUID is its key; nobody needs to know the secretKey, and
// it is none.
func (h *Handler) describe(
	c echo.Context, application, key string, community storage.Community, actor association.Actor,
) *session {
	var number uuid.UUID
	for i, rest := len(number)-1, int64(community); rest > 0; i, rest = i-1, rest>>8 {
		number[i] = byte(rest)
	}
	base := h.Auth.Guard().Base(c) + old + "api.svc/"
	return &session{
		Type:          "Session:" + namespace,
		ApplicationID: application, CommunityID: number.String(), UserID: string(actor.In(community)),
		SecretKey: uuid.Nil.String(), SessionKey: key, BaseURI: base, BaseURIHTTPS: base,
	}
}

// community finds the community that a client means: by its key, its name, or the host of the service, which
// is as good as no word where there is one community only. One that is not there is 0: whoever signs in
// there has a wrong password.
func (h *Handler) community(ctx context.Context, text string, hosts ...string) (storage.Community, error) {
	if key, err := storage.ParseCommunity(text); err == nil {
		return key, nil
	}
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	text, _, _ = strings.Cut(text, "/")
	found, err := h.Photos.Secrets.FindCommunity(ctx, text)
	if !fault.Is(err, fault.NotFound) {
		return found, err
	}
	for _, host := range hosts {
		if strings.EqualFold(text, host[strings.LastIndexByte(host, '/')+1:]) {
			text = ""
		}
	}
	if text != "" {
		return 0, nil
	}
	found, err = h.Photos.Secrets.FindCommunity(ctx, "")
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "there are several communities: say which one").About("community")
	}
	return found, err
}
