package people

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Find lists people whose names hold q. With system and name it lists whoever is called so there.
func (h *Handler) Find(c echo.Context) error {
	actor, community, err := h.enter(c)
	if err != nil {
		return err
	}
	after, limit, err := reply.Page(c)
	if err != nil {
		return err
	}
	list := struct {
		Users []user `json:"users"`
		Next  string `json:"next,omitempty"`
	}{Users: []user{}}
	people, err := h.find(c, actor, community, after, limit)
	if err != nil {
		return err
	}
	for _, p := range people {
		list.Users = append(list.Users, told(p))
	}
	if len(people) == limit {
		list.Next = reply.Cursor(string(people[limit-1].GUID))
	}
	return reply.JSON(c, http.StatusOK, list)
}

func (h *Handler) find(
	c echo.Context, a association.Actor, community storage.Community, after string, limit int,
) ([]association.Person, error) {
	ctx := c.Request().Context()
	if c.QueryParam("system") == "" {
		behind, err := cursor(after)
		if err != nil {
			return nil, err
		}
		return h.People.FindPeople(ctx, a, community, c.QueryParam("q"), behind, limit)
	}
	if err := a.May(association.ManagePeople, community, ""); err != nil {
		return nil, err
	}
	system, err := association.ParseSystem(c.QueryParam("system"))
	if err != nil {
		return nil, err
	}
	id, err := association.ParseIdentity(system, c.QueryParam("name"))
	if err != nil {
		return nil, err
	}
	p, err := h.People.Holder(ctx, community, id)
	if fault.Is(err, fault.NotFound) || after != "" {
		return nil, nil
	}
	return []association.Person{p}, err
}

// cursor is the person behind whom a page begins; "" begins with the first.
func cursor(after string) (association.GUID, error) {
	if after == "" {
		return "", nil
	}
	guid, err := association.ParseGUID(after)
	if err != nil {
		return "", reply.NoCursor(err)
	}
	return guid, nil
}

// upload is what is told of an upload in a list.
type upload struct {
	Key     string `json:"key"`
	State   string `json:"state"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Length  *int64 `json:"length,omitempty"` // declared
	Offset  int64  `json:"offset"`           // bytes that are durable
	Created string `json:"created"`
	Expires string `json:"expires,omitempty"` // of one that is not finished
	Reason  string `json:"reason,omitempty"`  // why it failed
}

// Uploads lists one's own uploads, or an owner's for administrators, the latest first.
func (h *Handler) Uploads(c echo.Context) error {
	actor, community, err := h.enter(c)
	if err != nil {
		return err
	}
	l, err := listing(c, actor, community)
	if err != nil {
		return err
	}
	uploads, err := h.People.OwnUploads(c.Request().Context(), actor, l)
	if err != nil {
		return err
	}
	list := struct {
		Uploads []upload `json:"uploads"`
		Next    string   `json:"next,omitempty"`
	}{Uploads: make([]upload, 0, len(uploads))}
	for _, u := range uploads {
		list.Uploads = append(list.Uploads, toldUpload(u))
	}
	if len(uploads) == l.N {
		last := uploads[l.N-1]
		list.Next = reply.Cursor(fmt.Sprintf("%d.%s", last.Created, last.Key))
	}
	return reply.JSON(c, http.StatusOK, list)
}

func toldUpload(u storage.Upload) upload {
	out := upload{
		Key: string(u.Key), State: u.State.String(), Name: u.Name, Type: u.Type, Offset: u.Offset,
		Created: reply.Time(u.Created.Time()), Reason: u.Reason,
	}
	if u.Length != storage.Unknown {
		out.Length = &u.Length
	}
	if u.State == storage.Active {
		out.Expires = reply.Time(u.Expires.Time())
	}
	return out
}

// listing reads which uploads are wanted.
func listing(c echo.Context, a association.Actor, community storage.Community) (storage.Listing, error) {
	cursor, limit, err := reply.Page(c)
	if err != nil {
		return storage.Listing{}, err
	}
	l := storage.Listing{Community: community, Owner: a.In(community).Subject(), N: limit}
	if text := c.QueryParam("owner"); text != "" {
		owner, err := association.ParseGUID(text)
		if err != nil {
			return l, fault.Public(err).About("owner")
		}
		l.Owner = owner.Subject()
	}
	if l.State, err = storage.ParseState(c.QueryParam("state")); err != nil || cursor == "" {
		return l, err
	}
	created, key, _ := strings.Cut(cursor, ".")
	at, err := strconv.ParseInt(created, 10, 64)
	if err != nil {
		return l, reply.NoCursor(err)
	}
	l.Created = storage.Millis(at)
	if l.Key, err = storage.ParseKey(key); err != nil {
		return l, reply.NoCursor(err)
	}
	return l, nil
}
