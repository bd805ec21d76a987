package association

import (
	"cmp"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"cameo/storage"
)

// Deed is what was done to a person or to their photo.
type Deed string

// The deeds that are audited.
const (
	Associated   Deed = "associated" // was given a photo, having none; the object is its version
	Replaced     Deed = "replaced"   // was given another photo, which is shown when it has been made
	Cropped      Deed = "cropped"    // got another square of a photo
	Restored     Deed = "restored"   // got an earlier photo back
	RemovedPhoto Deed = "removed"    // lost the photo; the object is an attachment's key if that was withdrawn
	Renamed      Deed = "renamed"    // the object is the new name
	Linked       Deed = "linked"     // the object is a system and a name in it
	Unlinked     Deed = "unlinked"   // likewise
	MergedInto   Deed = "merged"     // the object is the survivor's GUID
	ShutOut      Deed = "disabled"   // was shut out
	Enabled      Deed = "enabled"    // was let in again
	Imported     Deed = "imported"   // was added or changed by an import
	SignedIn     Deed = "signed in"  // by a link that is good once
	AddedLocally Deed = "added"      // was added by a shell, or got a login name
	ChangedUser  Deed = "changed"    // was added again: another login name, password, right or name elsewhere
	Appointed    Deed = "appointed"  // was made the first administrator by the first start
	Founded      Deed = "founded"    // the community got a name, the object; nobody is the person
	PhotoFailed  Deed = "failed"     // the photo that the person got, the object, could not be made
)

// What is done to a community's sites: the object is a site's apiKey, and nobody is the person.
const (
	SiteAdded    Deed = "site added"
	SiteRotated  Deed = "site rotated"   // got another secret
	SiteDisabled Deed = "site disabled"  // was shut
	SiteKeyAdded Deed = "site key added" // the object is the userKey
)

// Entry is one line of the audit log.
type Entry struct {
	Community storage.Community
	ID        int64 // 1, 2, 3 and so on in each community
	At        storage.Millis
	Actor     GUID // who did it; "cli" for a shell, "cameo" for the service itself
	Action    Deed
	Person    GUID   // whom it was done to
	Object    string // what it was done with
	Address   string // the actor's network address; "" from a shell
}

// AuditLog keeps entries. Its methods join the transaction of their context.
type AuditLog interface {
	// Record adds entries of one community, and sets nothing in them. It is the last thing that a transaction
	// does: those of a community take turns from here until their ends, so that who reads on from an ID misses
	// nothing.
	Record(ctx context.Context, entries ...Entry) error
	// Entries returns up to n of a community's entries with larger IDs than after, in their order, that are no
	// older than since.
	Entries(ctx context.Context, c storage.Community, after int64, since storage.Millis, n int) ([]Entry, error)
	// ForgetEntries drops up to n entries that are older than before, and says how many.
	ForgetEntries(ctx context.Context, before storage.Millis, n int) (int, error)
}

// Operator is whoever has a shell on the instance's machine: an administrator of every community named.
func Operator(communities ...storage.Community) Actor { return Actor{GUID: "cli", Admin: communities} }

// AuditLog returns up to n entries of the community, from the one after an ID on, to its administrators.
func (s *Service) AuditLog(
	ctx context.Context, a Actor, c storage.Community, after int64, since storage.Millis, n int,
) ([]Entry, error) {
	if err := a.May(ReadAudit, c, ""); err != nil {
		return nil, err
	}
	return s.Audit.Entries(ctx, c, after, since, n)
}

// Audited runs fn in a transaction that also records what fn says was done, and logs that when it is
// committed. The zero Entry says that nothing was.
func (s *Service) Audited(ctx context.Context, a Actor, fn func(context.Context) (Entry, error)) error {
	var done Entry
	err := s.Tx.Do(ctx, func(ctx context.Context) (err error) {
		if done, err = fn(ctx); err != nil || done.Action == "" {
			return err
		}
		done = s.entry(a, done)
		return s.Audit.Record(ctx, done)
	})
	if err == nil && done.Action != "" {
		s.logDeed(ctx, done)
	}
	return err
}

// entry is e with when and from where, and with who did it unless it says so.
func (s *Service) entry(a Actor, e Entry) Entry {
	e.At, e.Actor, e.Address = s.Clock(), cmp.Or(e.Actor, a.In(e.Community)), a.Address
	e.Object = harmless(e.Object)
	return e
}

func (c Config) logDeed(ctx context.Context, e Entry) {
	c.Log.LogAttrs(ctx, slog.LevelInfo, "audit", slog.String("action", string(e.Action)),
		slog.String("community", e.Community.String()), slog.String("actor", string(e.Actor)),
		slog.String("person", string(e.Person)), slog.String("object", e.Object), slog.String("ip", e.Address))
}

// harmless writes characters that cannot be seen, line breaks and a terminal's escapes among them, as Go
// does.
func harmless(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// sweepAudit forgets entries whose time has passed.
func (s *Service) sweepAudit(ctx context.Context) error {
	if s.Limits.Audit <= 0 {
		return nil
	}
	for before := s.Clock().Add(-s.Limits.Audit); ctx.Err() == nil; {
		n, err := s.Audit.ForgetEntries(ctx, before, sweepBatch)
		if err != nil || n < sweepBatch {
			return err
		}
	}
	return ctx.Err()
}

// DefaultAudit is how long entries are kept by an instance that is told nothing else.
const DefaultAudit = 400 * 24 * time.Hour
