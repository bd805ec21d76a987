// Package association knows people and what a finished upload means to them: a pending photo, which the
// Worker makes renditions of, and which then becomes the person's current one. It knows no HTTP.
//
// A photo is an immutable version. "Newest" and "current" are pointers of the person: newest is the last
// one asked for, current the one that is shown. A photo that is refused leaves the current one where it is. A
// replaced one is served as long as its original is kept; a removed one is not served from then on.
//
// The pending photo's row is the work still to do: there is no second queue that could disagree with it.
package association
