package ledger_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestCreateKeepsEveryField(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		want := storage.Upload{
			ID: id(1), Owner: "jane' --", State: storage.Active, Length: 1 << 40, Offset: 9, Inline: 3, Epoch: 4,
			Writer: "node", Type: "image/png", Name: "Füße \"x\".png", Head: []byte{0, 1, 2}, CRC: 1<<64 - 1,
			Last: storage.Request{From: 1, To: 9, CRC: 1 << 63}, Reason: "why", Request: "idem",
			Created: 1, Expires: 2, Due: 3, Dirty: 4, Looked: 5,
		}
		made := create(t, l, want)
		if diff := cmp.Diff(made, want); diff != "" {
			t.Errorf("what Create returns (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(find(t, l, want.ID), want); diff != "" {
			t.Errorf("what Find returns (-got +want):\n%s", diff)
		}
	})
}

func TestKeysAreTakenForEver(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		twin := fresh(1)
		twin.Owner = "john"
		twin.Community = 2
		_, err := l.Create(t.Context(), twin, storage.Quota{})
		wantKind(t, err, fault.Exists)

		c := step(claim(t, l, id(1), 0))
		c.State = storage.Cancelled
		commit(t, l, c)
		_, err = l.Create(t.Context(), fresh(1), storage.Quota{})
		wantKind(t, err, fault.Exists)
	})
}

func TestAnUploadIsFoundOnlyInItsCommunity(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		foreign := storage.ID{Community: 2, Key: id(1).Key}
		for name, id := range map[string]storage.ID{"foreign": foreign, "missing": id(2)} {
			t.Run(name, func(t *testing.T) {
				_, err := l.Find(t.Context(), id)
				wantKind(t, err, fault.NotFound)
				_, err = l.Claim(t.Context(), id, -1, "n", now)
				wantKind(t, err, fault.NotFound)
				_, err = l.Extents(t.Context(), id, 0, 10)
				wantKind(t, err, fault.NotFound)
				wantKind(t, l.Commit(t.Context(), storage.Commit{ID: id}), fault.NotFound)
				wantKind(t, l.Hold(t.Context(), id, "h"), fault.NotFound)
				wantKind(t, l.Unhold(t.Context(), id, "h", now), 0)
			})
		}
	})
}

func TestTheSameRequestMakesOneUpload(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		first := fresh(1)
		first.Request = "again"
		create(t, l, first)
		abroad := storage.ID{Community: 2, Key: id(4).Key}
		for name, test := range map[string]struct {
			change func(u *storage.Upload)
			want   storage.ID
			kind   fault.Kind
		}{
			"equal":             {func(*storage.Upload) {}, id(1), 0},
			"another length":    {func(u *storage.Upload) { u.Length = 99 }, storage.ID{}, fault.Conflict},
			"another type":      {func(u *storage.Upload) { u.Type = "image/gif" }, storage.ID{}, fault.Conflict},
			"another name":      {func(u *storage.Upload) { u.Name = "you.png" }, storage.ID{}, fault.Conflict},
			"another owner":     {func(u *storage.Upload) { u.ID, u.Owner = id(3), "john" }, id(3), 0},
			"another community": {func(u *storage.Upload) { u.ID = abroad }, abroad, 0},
			"no request":        {func(u *storage.Upload) { u.ID, u.Request = id(5), "" }, id(5), 0},
		} {
			u := fresh(2)
			u.Request = "again"
			test.change(&u)
			got, err := l.Create(t.Context(), u, storage.Quota{Open: 3})
			if fault.Of(err) != test.kind || got.ID != test.want {
				t.Errorf("%s: got %v and %v, want %v and %v", name, got.ID, err, test.want, test.kind)
			}
		}
	})
}

func TestOneRequestInARaceMakesOneUpload(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var wg sync.WaitGroup
		keys := make([]storage.Key, 30)
		for i := range keys {
			wg.Go(func() {
				u := fresh(i)
				u.Request = "once"
				made, err := l.Create(t.Context(), u, storage.Quota{Open: 1})
				if err != nil {
					t.Errorf("create: %v", err)
				}
				keys[i] = made.Key
			})
		}
		wg.Wait()
		for _, k := range keys {
			if k != keys[0] {
				t.Fatalf("got uploads %v, want one", keys)
			}
		}
	})
}
