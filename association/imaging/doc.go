// Package imaging makes the picture that is served out of the bytes that were sent. It trusts nothing: the
// signature decides the type, everything that could make a decoder work for minutes is judged before
// decoding, and only re-encoded pixels come out, so that metadata, positions and hidden passengers stay
// behind.
package imaging
