package storage

// Listing says which uploads of an owner are listed: the latest first, from the one behind Created and Key
// on.
type Listing struct {
	Community Community
	Owner     Subject
	State     State  // 0: any
	Created   Millis // of the last one that was listed before; 0: from the beginning
	Key       Key    // likewise
	N         int    // at most
}
