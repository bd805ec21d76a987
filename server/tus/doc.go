// Package tus lets clients of tus 1.0 (tus.io) upload: tus-js-client, Uppy, TUSKit, tus-android and whatever
// else speaks it. What the protocol says is judged by its reference implementation, tusd's handler; where
// bytes lie and how far they have come, by storage.Engine, which needs none of that handler's locks: a PATCH
// at the committed offset takes over from an older one, a HEAD ends it first.
//
// A request passes through four rooms and back:
//
//  1. handlers.go: who asks (401), the community and the key (404, whether missing or foreign), the upload's
//     state (410, 415).
//  2. exchange.go: the library is given the request, and a page to write its answer on. What the library does
//     not know travels beside it: who asks, the upload, the body with its time limits, its checksum.
//  3. store.go: the library asks for bytes to be stored. What the engine refuses is kept as it is.
//  4. exchange.go: what the engine refused, or the library, is an error of the house; else the answer is
//     completed by what the library lacks: the time of expiry, metadata as it was sent, our own addresses.
//
// An upload that wishes to be somebody's photo is associated when it is complete, before that is answered. If
// that answer was never given, the next HEAD of its owner makes up for it.
package tus
