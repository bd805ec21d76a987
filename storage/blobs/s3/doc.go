// Package s3 keeps blobs as objects of an S3-compatible bucket, each of them put once and never changed.
//
// # Layout
//
//	PREFIX/4fGh1Jk2Lm/1-0-x   a run of the writer with epoch 1 of the upload 4fGh1Jk2Lm
//	PREFIX/deployment         the id of the deployment that the bucket, or this prefix of it, belongs to
//	PREFIX/.probe-…           there only while Open or Check runs
//
// An object carries its CRC-64/NVME as metadata, whatever the store itself keeps.
//
// # Requests
//
// A run is one PutObject of at most 16 MiB, sent from the pages that the Engine holds: no copy, no temporary
// file, no multipart upload. Its checksum is computed in one pass and sent as a header that the signature
// covers; there are no trailers and no second hash over the body, because several stores refuse the former
// and the latter costs more than the rest of the request. Reading is one GetObject of a range. Objects are
// listed by the sweep, and once by Open.
//
// Check is called every few seconds, and makes one request where nothing has failed lately. A probe that a
// failure leaves behind goes with the Store's next one or, when its process has died, at the next Open.
//
// # A name is used once
//
// Each put asks for If-None-Match: *. A store that refuses a large body may close the connection while it is
// still sent, and then the refusal shows as a broken pipe; Expect: 100-continue does not help, because some
// servers consent first and refuse then. So after an attempt whose outcome is not known the object is looked
// at before anything is sent again: one of the same length and checksum is the one that was meant, another
// has taken the name.
//
// # Time
//
// A transfer may take as long as it moves. An attempt ends when the store has taken no byte, sent none or
// owed an answer for five seconds. What may succeed is tried three times, with less patience after each that
// stalled, so that a frozen store is given up after eight seconds; for some seconds after that every request
// is given one second and one attempt, because its caller waits too.
package s3
