// Package resumable speaks the IETF's "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload), so
// that clients which know it, such as Apple's URLSession, upload to Cameo as they are. An upload that is
// begun here has a key like any other, and other dialects can go on with it.
//
// What is asked of an upload is judged in this order, and the first "no" is the answer:
//
//  1. who asks (401), the community and the key (404, whether missing or foreign);
//  2. the upload's state: cancelled or expired (410), refused at completion (415 with its reason);
//  3. the request's headers (400, 415);
//  4. the offset (409), after a write that may still run has been ended; what is complete already (400); the
//     lengths (400).
//
// Interop versions of the draft differ in names and in what they may be told; see Version.
package resumable
