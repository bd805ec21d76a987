package ledger

// Statements are those that a client's request waits for, for the test of their plans.
var Statements = map[string]string{
	"find": selectUpload, "claim": claimUpload, "commit": advanceBytes, "change": advanceState, "add": advanceClaim, "extents": selectExtents,
	"replace": deleteExtents, "grow": growExtent, "due": takeDue, "trash": keepMentioned, "empty": takeTrash,
	"request": selectRequest, "open": countOpen, "bytes": sumBytes, "declare": giveBackDeferred,
	"part": queueForPart, "join": copyExtents, "mentions": countMentions,
	"hold": keepComplete, "unhold": becomeDue, "held": keepHeld,
}
