package salesforce

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// answer is how this dialect says one Kind of failure.
type answer struct {
	status int
	code   string // errorCode
	retry  int    // seconds for Retry-After where the error names no time itself; 0: none
}

// The codes that are used in more than one place.
const (
	invalidInput  = "INVALID_INPUT"
	parseError    = "POST_BODY_PARSE_ERROR"
	jsonError     = "JSON_PARSER_ERROR"
	xmlError      = "XML_PARSER_ERROR"
	illegalValue  = "ILLEGAL_QUERY_PARAMETER_VALUE"
	missing       = "MISSING_ARGUMENT"
	invalidID     = "INVALID_ID_FIELD"
	wrongMedia    = "UNSUPPORTED_MEDIA_TYPE"
	storageLimit  = "STORAGE_LIMIT_EXCEEDED"
	requestLimit  = "REQUEST_LIMIT_EXCEEDED"
	unknownTrap   = "UNKNOWN_EXCEPTION"
	notFound      = "NOT_FOUND"
	invalidState  = "INVALID_OPERATION"
	noAccess      = "INSUFFICIENT_ACCESS"
	noSession     = "INVALID_SESSION_ID"
	wrongMethod   = "METHOD_NOT_ALLOWED"
	notAvailable  = "SERVER_UNAVAILABLE"
	alreadyExists = "DUPLICATE_VALUE"
)

// answers has a line for every Kind.
var answers = map[fault.Kind]answer{
	fault.Malformed:       {http.StatusBadRequest, parseError, 0},
	fault.Invalid:         {http.StatusBadRequest, invalidInput, 0},
	fault.Unauthenticated: {http.StatusUnauthorized, noSession, 0},
	fault.Forbidden:       {http.StatusForbidden, noAccess, 0},
	fault.NotFound:        {http.StatusNotFound, notFound, 0},
	fault.Gone:            {http.StatusNotFound, notFound, 0},
	fault.Exists:          {http.StatusConflict, alreadyExists, 0},
	fault.Conflict:        {http.StatusConflict, invalidState, 0},
	fault.Superseded:      {http.StatusConflict, invalidState, 0},
	fault.WrongOffset:     {http.StatusConflict, invalidState, 0},
	fault.Cut:             {http.StatusBadRequest, parseError, 0},
	fault.Stalled:         {http.StatusRequestTimeout, parseError, 0},
	fault.NoLength:        {http.StatusLengthRequired, parseError, 0},
	fault.Mismatch:        {http.StatusBadRequest, invalidInput, 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, storageLimit, 0},
	fault.Unsupported:     {http.StatusBadRequest, invalidInput, 0},
	fault.TooMany:         {http.StatusServiceUnavailable, requestLimit, 60},
	fault.Full:            {http.StatusServiceUnavailable, storageLimit, 0},
	fault.Unavailable:     {http.StatusServiceUnavailable, notAvailable, 5},
	fault.Corrupt:         {http.StatusInternalServerError, unknownTrap, 0},
	fault.Internal:        {http.StatusInternalServerError, unknownTrap, 0},
}

// refusal is an error with another code than its Kind has.
type refusal struct {
	cause *fault.Error
	code  string
}

// Error is the cause's.
func (r refusal) Error() string { return r.cause.Error() }

// Unwrap lets package fault find the cause.
func (r refusal) Unwrap() error { return r.cause }

func refuse(code, format string, args ...any) error {
	return refusal{fault.New(fault.Invalid, format, args...), code}
}

// noID refuses what is no id of the wanted type. Only what could be one is repeated.
func noID(text string) error {
	if len(text) > 40 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		text = "it cannot be one"
	}
	return refuse(invalidID, "Invalid identifier: %s", text)
}

// problem is one entry of the array that every refusal is.
type problem struct {
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
}

// Fail answers with err in an array of one problem; at the token's path as OAuth 2.0 says it.
func (h *Handler) Fail(c echo.Context, err error) error {
	kind := fault.Of(err)
	a := answers[kind]
	reply.Later(c.Response().Header(), err, a.retry)
	if c.Request().URL.Path == tokenPath {
		return failGrant(c, a, err)
	}
	if a.status == http.StatusUnauthorized {
		auth.Challenge(c.Response().Header())
	}
	if named, ok := errors.AsType[refusal](err); ok {
		a.code = named.code
		if a.code == wrongMedia {
			a.status = http.StatusUnsupportedMediaType
		}
	}
	return tell(c, a.status, []problem{{a.code, message(c, kind, fault.Public(err))}})
}

// message is what is said of a failure. A reason's code begins it.
func message(c echo.Context, kind fault.Kind, public *fault.Error) string {
	switch kind {
	case fault.Unauthenticated:
		return "Session expired or invalid"
	case fault.NotFound, fault.Gone:
		return "The requested resource does not exist"
	case fault.Internal, fault.Corrupt:
		return "An unexpected error occurred. Please include this ErrorId if you contact support: " +
			c.Response().Header().Get(echo.HeaderXRequestID)
	}
	if public.Reason != "" {
		return public.Reason + ": " + public.Message
	}
	return public.Message
}

// WrongMethod answers a method that the path does not have. The Allow header is set already.
func (h *Handler) WrongMethod(c echo.Context) error {
	var allowed []string
	for one := range strings.SplitSeq(c.Response().Header().Get(echo.HeaderAllow), ",") {
		if one = strings.TrimSpace(one); one != "" && one != http.MethodOptions {
			allowed = append(allowed, one)
		}
	}
	slices.Sort(allowed)
	method := c.Request().Method
	if method == http.MethodPost {
		method = methodOf(c)
	}
	return tell(c, http.StatusMethodNotAllowed, []problem{{
		wrongMethod,
		"HTTP Method '" + method + "' not allowed. Allowed are " + strings.Join(allowed, ","),
	}})
}

// tell answers in JSON, with line breaks for who asks for them.
func tell(c echo.Context, status int, v any) error {
	encode := json.Marshal
	if c.Request().Header.Get("X-Prettyprint") == "1" {
		encode = func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }
	}
	body, err := encode(v)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead && status >= http.StatusBadRequest {
		return c.NoContent(status)
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(status, "application/json;charset=UTF-8", body)
}
