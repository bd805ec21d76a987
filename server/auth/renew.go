package auth

import (
	"context"

	"github.com/labstack/echo/v4"

	"cameo/association"
)

// Renew is Actor for a request that was let in and has run for a while: rights as they are by now. A token
// that has expired since then is not asked about, nor whether the client is still there.
func (a *Auth) Renew(c echo.Context) (association.Actor, error) {
	return a.renew(context.WithoutCancel(c.Request().Context()), c)
}
