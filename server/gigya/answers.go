package gigya

import (
	"errors"
	"fmt"
	"net/http"

	"cameo/storage/fault"
)

// code is a number by which Gigya names what went wrong. A thousandth of it is the status.
type code int

// The codes that are used, and what each is called.
const (
	pending          code = 206001
	badRequest       code = 400001
	missingParameter code = 400002
	invalidFormat    code = 400004
	invalidValue     code = 400006
	invalidHeader    code = 400008
	unsupportedGrant code = 400013
	invalidAPIKey    code = 400093
	forbidden        code = 403000
	requestExpired   code = 403002
	invalidSignature code = 403003
	duplicateNonce   code = 403004
	unauthorizedUser code = 403005
	secretOverHTTP   code = 403006
	permissionDenied code = 403007
	invalidSecret    code = 403010
	noSession        code = 403012
	invalidToken     code = 403025
	wrongPartner     code = 403036
	accountDisabled  code = 403041
	invalidLogin     code = 403042
	rateLimit        code = 403048
	notFound         code = 404000
	invalidURL       code = 404004
	invalidMethod    code = 405001
	loginExists      code = 409001
	missingPhoto     code = 409010
	entityTooLarge   code = 413001
	photoTooLarge    code = 413004
	serverError      code = 500001
	databaseError    code = 500028
)

var messages = map[code]string{
	pending:          "Account Pending Registration",
	badRequest:       "Invalid request format",
	missingParameter: "Missing required parameter",
	invalidFormat:    "Invalid parameter format",
	invalidValue:     "Invalid parameter value",
	invalidHeader:    "Invalid authentication header",
	unsupportedGrant: "Unsupported grant type",
	invalidAPIKey:    "Invalid ApiKey parameter",
	forbidden:        "Forbidden",
	requestExpired:   "Request has expired",
	invalidSignature: "Invalid request signature",
	duplicateNonce:   "Duplicate nonce",
	unauthorizedUser: "Unauthorized user",
	secretOverHTTP:   "Secret Sent Over Http",
	permissionDenied: "Permission denied",
	invalidSecret:    "Invalid Secret",
	noSession:        "No valid session",
	invalidToken:     "Invalid token",
	wrongPartner:     "Unauthorized partner",
	accountDisabled:  "Account disabled",
	invalidLogin:     "Invalid LoginID",
	rateLimit:        "API Rate Limit Exceeded",
	notFound:         "Not found",
	invalidURL:       "Invalid URL",
	invalidMethod:    "Invalid API method",
	loginExists:      "Login identifier exists",
	missingPhoto:     "Missing user photo",
	entityTooLarge:   "Request entity too large",
	photoTooLarge:    "Profile photo too large",
	serverError:      "General Server error",
	databaseError:    "Database error",
}

// answers has a line for every Kind: what is said of a failure that this package has no code for.
var answers = map[fault.Kind]code{
	fault.Malformed:       badRequest,
	fault.Invalid:         invalidValue,
	fault.Unauthenticated: noSession,
	fault.Forbidden:       forbidden,
	fault.NotFound:        notFound,
	fault.Gone:            missingPhoto,
	fault.Exists:          loginExists,
	fault.Conflict:        invalidValue,
	fault.Superseded:      invalidValue,
	fault.WrongOffset:     badRequest,
	fault.Cut:             badRequest,
	fault.Stalled:         badRequest,
	fault.NoLength:        badRequest,
	fault.Mismatch:        badRequest,
	fault.TooLarge:        entityTooLarge,
	fault.Unsupported:     invalidValue,
	fault.TooMany:         rateLimit,
	fault.Full:            rateLimit,
	fault.Unavailable:     databaseError,
	fault.Corrupt:         serverError,
	fault.Internal:        serverError,
}

// retry is after how many seconds to come again, where the error names no time itself.
var retry = map[fault.Kind]int{fault.TooMany: 60, fault.Unavailable: 5}

// refusal is a failure that has a code of Gigya's.
type refusal struct {
	fault  *fault.Error
	code   code
	status int    // of HTTP, where the client does not ask for one; 0: 200
	more   object // beside the code
}

// Error is for the log.
func (r *refusal) Error() string { return fmt.Sprintf("%d: %v", int(r.code), r.fault) }

// Unwrap leads to the Kind and to what may be told.
func (r *refusal) Unwrap() error { return r.fault }

// because adds the cause for the log.
func (r *refusal) because(cause error) *refusal {
	if cause != nil {
		r.fault = fault.Wrap(cause, r.fault.Kind, "%s", r.fault.Message)
	}
	return r
}

// wrong refuses with a code, and details that may be told.
func wrong(c code, format string, args ...any) *refusal {
	return &refusal{fault: fault.New(kinds(c), format, args...), code: c}
}

// kinds is the Kind by which the rest of the server knows a code. A secret or a signature that is wrong is
// Unauthenticated: such guesses are counted.
func kinds(c code) fault.Kind {
	switch c {
	case invalidSignature, invalidSecret, invalidToken, invalidHeader, invalidLogin:
		return fault.Unauthenticated
	case badRequest:
		return fault.Malformed
	case photoTooLarge, entityTooLarge:
		return fault.TooLarge
	case notFound, missingPhoto, invalidURL, invalidMethod:
		return fault.NotFound
	case serverError, databaseError:
		return fault.Internal
	}
	if c/1000 == http.StatusForbidden {
		return fault.Forbidden
	}
	return fault.Invalid
}

func missing(name string) error {
	return wrong(missingParameter, "%s : %s", messages[missingParameter], name)
}

func errPhotoTooLarge() error {
	return wrong(photoTooLarge, "The photo exceeds the maximum allowed content length of %d bytes.", maxPhoto)
}

// coded finds the code of an error, and the details that may be told.
func coded(err error) (c code, details string) {
	public := fault.Public(err)
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.code, r.fault.Message
	}
	c, details = answers[kindOf(err)], public.Message
	switch {
	case public.Reason == "disabled":
		c = accountDisabled
	case public.Reason != "" && (c == invalidValue || c == entityTooLarge):
		details = public.Reason + ": " + details
	}
	return c, details
}

// status is that of HTTP.
func (c code) status() int {
	if c == 0 {
		return http.StatusOK
	}
	return int(c) / 1000
}

// reason is what the status is called.
func (c code) reason() string {
	if c == pending {
		return "Partial Content"
	}
	return http.StatusText(c.status())
}
