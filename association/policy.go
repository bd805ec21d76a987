package association

import (
	"cameo/storage"
	"cameo/storage/fault"
)

// Role is what an actor is to a thing: an upload or a photo that belongs to a person, or a community.
type Role int

// The roles, from nobody to the one who may do most.
const (
	Stranger      Role = iota // nobody is signed in
	Outsider                  // somebody, and not of this community
	Disabled                  // of this community, and shut out of it
	Other                     // a member; the thing is another's
	Owner                     // a member; the thing is their own
	Administrator             // of this community
	roles
)

// String is the role as docs/security.md names it.
func (r Role) String() string {
	return [...]string{"stranger", "outsider", "disabled", "other", "owner", "administrator"}[r]
}

// Roles lists all.
func Roles() []Role { return all[Role](int(roles)) }

// Action is what somebody wants to do with a thing.
type Action int

// The actions.
const (
	EnterCommunity Action = iota // know that a community is there, and begin uploads and sessions in it
	UseUpload                    // ask how far an upload is, continue it, read it, cancel it, make it a photo
	ChangePhoto                  // give a person a photo, crop it anew, remove it
	ReadReason                   // learn why a person's photo has failed
	ReadPerson                   // list a person's names, photos, uploads
	ManagePeople                 // find people, link and merge, disable, import, export
	ReadAudit                    // read who did what in a community
	actions
)

// String says the action so that it can follow "only an administrator of the community may".
func (a Action) String() string {
	return [...]string{
		"enter it", "use another person's upload", "change another person's photo",
		"read why another person's photo failed", "read another person's things", "manage its people",
		"read its audit log",
	}[a]
}

// Actions lists all.
func Actions() []Action { return all[Action](int(actions)) }

func all[T ~int](n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(i)
	}
	return out
}

// Verdict is the policy's answer.
type Verdict int

// The verdicts.
const (
	SignIn Verdict = iota // fault.Unauthenticated
	Hide                  // fault.NotFound, in the very words for what is not there
	Refuse                // fault.Forbidden
	Allow
)

// String is the verdict as docs/security.md names it.
func (v Verdict) String() string { return [...]string{"sign in", "hide", "refuse", "allow"}[v] }

// policy says who may do what. It is the whole of it: docs/security.md shows it, and a test tries each route
// as each role and holds what happens against it.
var policy = [actions][roles]Verdict{
	//              stranger outsider disabled other   owner   administrator
	EnterCommunity: {SignIn, Hide, Refuse, Allow, Allow, Allow},
	UseUpload:      {SignIn, Hide, Refuse, Hide, Allow, Allow},
	ChangePhoto:    {SignIn, Hide, Refuse, Refuse, Allow, Allow},
	ReadReason:     {SignIn, Hide, Refuse, Refuse, Allow, Allow},
	ReadPerson:     {SignIn, Hide, Refuse, Refuse, Allow, Allow},
	ManagePeople:   {SignIn, Hide, Refuse, Refuse, Refuse, Allow},
	ReadAudit:      {SignIn, Hide, Refuse, Refuse, Refuse, Allow},
}

// Decide is the policy's answer for a role.
func Decide(a Action, r Role) Verdict { return policy[a][r] }

// Role is what the actor is to a thing of a community that belongs to owner; "" is nobody's.
func (a Actor) Role(c storage.Community, owner GUID) Role {
	switch {
	case !a.Known():
		return Stranger
	case a.disabledIn(c):
		return Disabled
	case a.Administers(c):
		return Administrator
	case !a.Member(c):
		return Outsider
	case owner != "" && (a.In(c) == owner || a.GUID == owner): // whoever was merged keeps the old name too
		return Owner
	}
	return Other
}

// May is nil if the policy allows the action with a thing of a community that belongs to owner; otherwise
// Unauthenticated, NotFound or Forbidden.
func (a Actor) May(do Action, c storage.Community, owner GUID) error {
	role := a.Role(c, owner)
	switch verdict := Decide(do, role); {
	case verdict == Allow:
		return nil
	case verdict == SignIn:
		return fault.New(fault.Unauthenticated, "a valid session is required")
	case role == Disabled:
		return errDisabled()
	case verdict == Refuse:
		return fault.New(fault.Forbidden, "only an administrator of the community may %s", do)
	case do == UseUpload:
		return storage.NoUpload()
	}
	return fault.New(fault.NotFound, "there is no such community")
}

func errDisabled() error {
	return fault.New(fault.Forbidden, "an administrator has shut this person out").Because("disabled")
}
