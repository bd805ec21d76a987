package boot

import (
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
	auditPage  = 200
	auditPause = time.Second
)

// Audit writes a line for each entry: time, community, actor, action, person, object and address, with tabs
// between them. Each community's stand in their order. With Follow it ends with ctx.
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
	for _, c := range communities {
		operator := association.Operator(c)
		for more := true; more; {
			page, err := n.Photos.AuditLog(ctx, operator, c, seen[c], since, auditPage)
			if err != nil {
				return err
			}
			for _, e := range page {
				_, err := fmt.Fprintf(to, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.At.Time().Format(time.RFC3339), e.Community,
					e.Actor, e.Action, e.Person, e.Object, e.Address)
				if err != nil {
					return err
				}
				seen[c] = e.ID
			}
			more = len(page) == auditPage
		}
	}
	return nil
}
