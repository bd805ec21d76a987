package auth

import "net/http"

// Shows says whether a request shows something by which somebody could be known, good or not.
func Shows(r *http.Request) bool {
	shown, err := credential(r)
	return err != nil || shown.kind != nothing
}
