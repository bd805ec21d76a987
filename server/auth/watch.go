package auth

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// How old a look at the sender's rights may be while a body comes, and at its end. A request that is over in
// no time looks once.
const (
	lookEvery = time.Second
	lookAtEnd = 100 * time.Millisecond
	lookWait  = time.Second // for a database that does not answer
)

// Watch is a body of the upload u that ends, with Forbidden, when who sends it loses the right to: a person
// who is shut out, or a session that is ended, ends a running request too. What the request has brought since
// its last commit is not kept then. now is the machine's clock.
func (a *Auth) Watch(c echo.Context, body storage.Body, u storage.Upload, now func() time.Time) storage.Body {
	ctx := context.WithoutCancel(c.Request().Context()) // it is canceled when the client goes away
	return &watched{Body: body, now: now, looked: now(), look: func() error {
		ctx, cancel := context.WithTimeout(ctx, lookWait)
		defer cancel()
		actor, err := a.renew(ctx, c)
		if err == nil {
			err = actor.May(association.UseUpload, u.Community, association.GUID(u.Owner))
		}
		if fault.Is(err, fault.NotFound) {
			err = fault.Wrap(err, fault.Forbidden, "you may no longer send this")
		}
		return err
	}}
}

// renew is Actor for a request that was let in: a token that has expired since then is not asked about.
func (a *Auth) renew(ctx context.Context, c echo.Context) (association.Actor, error) {
	shown, err := credential(c.Request())
	if err != nil {
		return association.Actor{}, err
	}
	if shown.kind != bearerToken {
		return a.people.Resume(ctx, shown.secret)
	}
	claimed, _ := c.Get(claimedKey).(association.Actor)
	return a.people.Arrive(ctx, claimed)
}

// claimedKey is where a request keeps the actor that its token names.
const claimedKey = "cameo.claimed"

// watched looks at its sender's rights now and then. One goroutine reads.
type watched struct {
	storage.Body
	now    func() time.Time
	look   func() error
	looked time.Time
	end    error // why nothing more is read
}

// Read is io.Reader's.
func (w *watched) Read(p []byte) (int, error) {
	if w.end != nil {
		return 0, w.end
	}
	n, err := w.Body.Read(p)
	age := w.now().Sub(w.looked)
	if age < lookAtEnd || age < lookEvery && !errors.Is(err, io.EOF) {
		return n, err
	}
	w.looked = w.now()
	// A database that does not answer is no refusal: nothing is committed without it.
	if refused := w.look(); fault.Is(refused, fault.Forbidden) || fault.Is(refused, fault.Unauthenticated) {
		w.end = refused
		return n, refused
	}
	return n, err
}
