package boot

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"time"

	"cameo/association"
	"cameo/storage"
)

// AuditQuery says what of the audit log is wanted.
type AuditQuery struct {
	Community string        // in digits; "": of all communities
	Since     time.Duration // how far back; 0: from the beginning
	Follow    bool          // goes on with what comes later
}

// How much of the audit log is read at once, and how often it is looked for more.
const (
	auditPage  = 100 // entries of a community
	auditPause = time.Second
)

// Audit writes a line for each entry: time, community, actor, action, person, object and address, with tabs
// between them, the oldest first; each community's stand in their order. With Follow it ends with ctx.
func Audit(ctx context.Context, s Stores, q AuditQuery, to io.Writer, m Machine) error {
	only := storage.Community(0)
	if q.Community != "" {
		var err error
		if only, err = parseCommunity(q.Community); err != nil {
			return err
		}
	}
	return manage(ctx, s, m, func(n *Node) error {
		if only != 0 { // a number that was mistyped is no community without entries
			if _, err := n.Directory.Community(ctx, only); err != nil {
				return err
			}
		}
		since := storage.Millis(0)
		if q.Since > 0 {
			since = n.machine.Clock().Add(-q.Since)
		}
		seen := map[storage.Community]int64{}
		for {
			if err := n.printAudit(ctx, only, since, seen, to); err != nil || !q.Follow {
				return err
			}
			pause := time.NewTimer(auditPause)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return nil
			}
		}
	})
}

// printAudit writes what is behind the numbers in seen, and moves them on.
func (n *Node) printAudit(
	ctx context.Context, only storage.Community, since storage.Millis, seen map[storage.Community]int64,
	to io.Writer,
) error {
	communities := []storage.Community{only}
	if only == 0 {
		all, err := n.Directory.Communities(ctx)
		if err != nil {
			return err
		}
		communities = communities[:0]
		for _, c := range all {
			communities = append(communities, c.Key)
		}
	}
	var behind trails
	for _, c := range communities {
		t := &trail{community: c, after: seen[c]}
		if err := n.readOn(ctx, t, since); err != nil {
			return err
		}
		if len(t.ahead) > 0 {
			behind = append(behind, t)
		}
	}
	heap.Init(&behind)
	for len(behind) > 0 {
		first := behind[0]
		e := first.ahead[0]
		_, err := fmt.Fprintf(to, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.At.Time().Format(time.RFC3339), e.Community,
			e.Actor, e.Action, e.Person, e.Object, e.Address)
		if err != nil {
			return err
		}
		seen[e.Community], first.ahead = e.ID, first.ahead[1:]
		if err := n.readOn(ctx, first, since); err != nil {
			return err
		}
		if len(first.ahead) == 0 {
			heap.Pop(&behind)
		} else {
			heap.Fix(&behind, 0)
		}
	}
	return nil
}

// trail is what is to be printed of one community, in the order of its numbers.
type trail struct {
	community storage.Community
	after     int64 // the number of the last entry that was read
	ahead     []association.Entry
	end       bool // there was no more
}

// readOn reads a page if nothing is left of the last one.
func (n *Node) readOn(ctx context.Context, t *trail, since storage.Millis) (err error) {
	if len(t.ahead) > 0 || t.end {
		return nil
	}
	operator := association.Operator(t.community)
	t.ahead, err = n.Photos.AuditLog(ctx, operator, t.community, t.after, since, auditPage)
	if t.end = len(t.ahead) < auditPage; len(t.ahead) > 0 {
		t.after = t.ahead[len(t.ahead)-1].ID
	}
	return err
}

// trails have that first whose next entry is the oldest; none is empty. It is a heap.Interface.
type trails []*trail

func (t trails) Len() int { return len(t) }

func (t trails) Less(i, j int) bool { return t[i].ahead[0].At < t[j].ahead[0].At }

func (t trails) Swap(i, j int) { t[i], t[j] = t[j], t[i] }

// Push is not called: no trail comes later.
func (t *trails) Push(one any) {
	if last, ok := one.(*trail); ok {
		*t = append(*t, last)
	}
}

// Pop is heap's.
func (t *trails) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}
