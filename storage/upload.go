package storage

import (
	"fmt"
	"strings"

	"cameo/storage/fault"
)

// State is where an upload stands in its life.
type State int

// Active takes bytes; the other states take none. Only Complete has bytes that may be read.
const (
	Active    State = iota + 1
	Complete        // all bytes are durable and were judged acceptable
	Failed          // judged unacceptable at completion; the bytes are gone, Reason says why
	Cancelled       // given up by its owner
	Expired         // not finished in time
)

var stateNames = [...]string{
	Active: "active", Complete: "complete", Failed: "failed", Cancelled: "cancelled", Expired: "expired",
}

// String is the state's name in lower case.
func (s State) String() string {
	if s < Active || s > Expired {
		return "none"
	}
	return stateNames[s]
}

// ParseState reads a state's name; "" is 0, which is any. What is none is Invalid.
func ParseState(name string) (State, error) {
	if name == "" {
		return 0, nil
	}
	for s := Active; s <= Expired; s++ {
		if stateNames[s] == name {
			return s, nil
		}
	}
	return 0, fault.New(fault.Invalid, "state must be active, complete, failed, cancelled or expired").
		About("state")
}

// Ended says that the upload will never have bytes: it is a tombstone, kept for a while so that its key
// answers Gone.
func (s State) Ended() bool { return s == Failed || s == Cancelled || s == Expired }

// Unknown is the Length of an upload whose size has not been declared yet.
const Unknown int64 = -1

// HeadSize is how many first bytes of an upload its row keeps, so that its type can be judged without reading
// the store.
const HeadSize = 64

// Upload is the whole state of an upload but its bytes.
type Upload struct {
	ID
	Owner   Subject
	State   State
	Length  int64  // bytes declared, or Unknown
	Offset  int64  // bytes that are durable: the only offset ever told
	Inline  int64  // where the tail that is kept inline starts; Offset when there is none
	Epoch   int64  // counts the claims: the fence between writers
	Writer  string // node that holds the latest claim, "" when nobody writes
	Type    string // media type declared at creation, in lower case
	Name    string // file name declared at creation, without directories
	Head    []byte // the first HeadSize bytes, as far as they are durable
	CRC     uint64 // CRC-64/NVME of the first Offset bytes
	Last    Request
	Reason  string // code of why it Failed
	Request string // the creator's Idempotency-Key, "" for none
	Partial bool   // a part that is to be joined with others (Join), and no file of its own
	Note    string // what the creator's dialect keeps beside it, in words of its own
	Wish    string // what it is for once it is Complete, in such words; "" for nothing, and once it is held
	Created Millis
	Expires Millis // when an Active upload becomes Expired
	Due     Millis // when the sweep looks at it next; 0 never
	Dirty   Millis // when the sweep lists its blobs for runs of fenced writers; 0 never
	Looked  int64  // the epoch at which the sweep listed them last
	SHA256  []byte // of all bytes: while Active as declared, then as it is; nil when it is not known
	Hashed  []byte // state of the SHA-256 of the first Offset bytes, while one is declared
}

// Request is the last write that was committed from its first to its last byte; the zero Request is none.
// An exact repeat of it is answered as it was the first time.
type Request struct {
	From, To int64  // half-open
	CRC      uint64 // CRC-64/NVME of the body
}

// Name is a blob's name: an id of ten or more base62 characters, a slash, and a leaf of 0-9, A-Z, a-z and
// '-'.
type Name string

// RunName names the n-th run that a node, of base62 characters, makes as the writer of an epoch. The node's
// name makes it new for ever even where epochs come again: after a power cut that took a claim back, and in a
// database that was restored from a backup.
func RunName(k Key, epoch int64, n int, node string) Name {
	return Name(fmt.Sprintf("%s/%d-%d-%s", k, epoch, n, node))
}

// Under is the prefix of all blobs of an id.
func Under(id string) Name { return Name(id + "/") }

// Split returns the two parts of a name. A name of another form is Internal: names are made here, never by
// clients.
func (n Name) Split() (id, leaf string, err error) {
	id, leaf, ok := strings.Cut(string(n), "/")
	plain := strings.ReplaceAll(leaf, "-", "")
	if !ok || len(id) < KeyLength || leaf == "" || !IsBase62(id) || !IsBase62(plain) {
		return "", "", fault.New(fault.Internal, "a blob's name is wrong")
	}
	return id, leaf, nil
}

// Extent is a run of an upload's bytes. Either Blob says where they lie, or Inline holds them.
type Extent struct {
	Off, Len int64
	CRC      uint64 // CRC-64/NVME of these bytes
	Blob     Name   // "" when inline
	At       int64  // where in the blob
	Inline   []byte
}

// End is the offset behind the extent's last byte.
func (x Extent) End() int64 { return x.Off + x.Len }

// OffsetError says that bytes were offered for an offset at which the upload does not stand.
type OffsetError struct {
	Have int64 // the upload's durable offset
	Got  int64 // where the offered bytes would start
}

// Error says both offsets.
func (e *OffsetError) Error() string {
	return fmt.Sprintf("the upload stands at byte %d, the range starts at byte %d", e.Have, e.Got)
}

// FaultKind is WrongOffset.
func (e *OffsetError) FaultKind() fault.Kind { return fault.WrongOffset }

// BeyondError says that bytes were offered for offsets behind the upload's end.
type BeyondError struct {
	Length int64 // of the upload
	End    int64 // of the offered range
}

// Error says both.
func (e *BeyondError) Error() string {
	return fmt.Sprintf("the upload has %d bytes, the range ends at byte %d", e.Length, e.End-1)
}

// FaultKind is WrongOffset.
func (e *BeyondError) FaultKind() fault.Kind { return fault.WrongOffset }
