package igloo

import (
	"net/http"

	"cameo/storage/fault"
)

// answer is how this dialect says one Kind of failure.
type answer struct {
	status int    // HTTP status, and the exception's statusCode
	id     int    // errorId: never changes, never used again
	name   string // type
	tags   string // errorTags
	retry  int    // seconds for Retry-After where the error names no time itself; 0: none
}

const (
	badInput = "Validation, BadUserInput"
	badPart  = "Upload, BadUserInput"

	unsupportedType = "Validation_UnsupportedContentType"
)

// answers has a line for every Kind. The ids 49763 and 888151 are Igloo's own; the others are ours, from
// 730001 on.
var answers = map[fault.Kind]answer{
	fault.Malformed:       {http.StatusBadRequest, 730001, "Validation_RequestMalformed", badInput, 0},
	fault.Invalid:         {http.StatusUnprocessableEntity, 888151, "Validation_ParameterInvalid", badInput, 0},
	fault.Unauthenticated: {http.StatusUnauthorized, 730002, "Authentication_SessionInvalid", "Session", 0},
	fault.Forbidden:       {http.StatusForbidden, 730003, "Authorization_AccessDenied", "Authorization", 0},
	fault.NotFound:        {http.StatusNotFound, 730004, "NotFound_Resource", "NotFound", 0},
	fault.Gone:            {http.StatusGone, 730005, "NotFound_ResourceGone", "NotFound", 0},
	fault.Exists:          {http.StatusConflict, 730006, "Conflict_AlreadyExists", "Conflict", 0},
	fault.Conflict:        {http.StatusConflict, 730007, "Conflict_InvalidState", "Conflict", 0},
	fault.Superseded:      {http.StatusConflict, 730008, "Conflict_Superseded", "Conflict", 0},
	fault.WrongOffset:     {http.StatusRequestedRangeNotSatisfiable, 730009, "Range_NotSatisfiable", badPart, 0},
	fault.Cut:             {http.StatusBadRequest, 730010, "Upload_BodyIncomplete", badPart, 0},
	fault.Stalled:         {http.StatusRequestTimeout, 730011, "Upload_BodyStalled", badPart, 0},
	fault.NoLength:        {http.StatusLengthRequired, 730012, "Upload_LengthRequired", badPart, 0},
	fault.Mismatch:        {http.StatusBadRequest, 730013, "Upload_DigestMismatch", badPart, 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, 730014, "Upload_TooLarge", badPart, 0},
	fault.Unsupported:     {http.StatusUnsupportedMediaType, 730015, unsupportedType, badInput, 0},
	fault.TooMany:         {http.StatusTooManyRequests, 730016, "Throttling_TooMany", "Throttling", 60},
	fault.Full:            {http.StatusInsufficientStorage, 730017, "Quota_Exceeded", "Quota", 0},
	fault.Unavailable:     {http.StatusServiceUnavailable, 730018, "Service_Unavailable", "Service", 5},
	fault.Corrupt:         {http.StatusInternalServerError, 730019, "Service_DataCorrupt", "Service", 0},
	fault.Internal:        {http.StatusInternalServerError, 730020, "Service_InternalError", "Service", 0},
}

// invalidInput is the outer exception around parameters that are Invalid.
func invalidInput() answer {
	return answer{http.StatusUnprocessableEntity, 49763, "Validation_ReportInvalidInput", badInput, 0}
}

// wrongMethod answers a method that the path does not have; no Kind stands for it.
func wrongMethod() answer {
	return answer{http.StatusMethodNotAllowed, 730021, "Validation_MethodNotAllowed", badInput, 0}
}
