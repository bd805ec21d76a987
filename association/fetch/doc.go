// Package fetch gets a picture from a URL that a stranger has named. Whoever names the URL chooses where
// this machine connects to, so each connection is judged by the address that is about to be dialled, and the
// answer tells nothing of what is reachable from here. docs/decisions/0025-judged-when-dialled.md says why.
package fetch
