package storage

import "cameo/storage/fault"

// Closed is nil while the upload is Active, else why it takes no bytes: Conflict for Complete, Unsupported
// with the Reason for Failed, Gone for Cancelled and Expired.
func (u Upload) Closed() error {
	switch u.State {
	case Active:
		return nil
	case Complete:
		return fault.New(fault.Conflict, "the upload is complete")
	case Failed:
		return fault.New(fault.Unsupported, "the upload failed: its content is not accepted").Because(u.Reason)
	case Cancelled:
		return fault.New(fault.Gone, "the upload was cancelled")
	case Expired:
		return fault.New(fault.Gone, "the upload has expired")
	}
	return fault.New(fault.Internal, "the upload has no state")
}
