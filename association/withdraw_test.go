package association_test

import (
	"testing"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestWithdraw(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		ctx := t.Context()
		id, other := h.upload(t, jane, photo(t, 30, 30)), h.upload(t, john, photo(t, 40, 40))
		for _, person := range []association.GUID{jane, john} { // current of jane, current and then replaced of john
			_, err := h.service.Associate(ctx, administrator(), id, person)
			must(t, err)
		}
		h.step(t, 2)
		_, err := h.service.Associate(ctx, administrator(), other, john)
		must(t, err)

		wantKind(t, h.service.Withdraw(ctx, member(jane), id), fault.Forbidden)
		wantKind(t, h.service.Withdraw(ctx, member(john), id), fault.NotFound)
		wantKind(t, h.engine.Cancel(ctx, id), fault.Conflict)
		must(t, h.service.Withdraw(ctx, administrator(), id))
		must(t, h.service.Withdraw(ctx, administrator(), id)) // nothing is left to withdraw
		must(t, h.engine.Cancel(ctx, id))

		for _, person := range []association.GUID{jane, john} {
			_, err := h.service.Current(ctx, here, person)
			wantKind(t, err, fault.NotFound)
		}
		h.step(t, 1)
		p, err := h.service.Current(ctx, here, john)
		must(t, err)
		if p.Upload != other.Key {
			t.Errorf("john's photo of another upload went too: %+v", p)
		}
	})
}
