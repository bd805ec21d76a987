package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"cameo/storage/fault"
)

// reason is a stable code for what is wrong with a request or with the store.
type reason string

const (
	taken       reason = "name_taken"
	missing     reason = "blob_missing"
	outside     reason = "range_outside"
	full        reason = "store_full"
	busy        reason = "store_busy"
	down        reason = "store_down"
	silent      reason = "store_stalled"
	damaged     reason = "bytes_damaged"
	noBucket    reason = "bucket_missing"
	credentials reason = "credentials_refused"
	forbidden   reason = "access_denied"
	skewed      reason = "clock_skew"
	elsewhere   reason = "region_wrong"
	notS3       reason = "endpoint_wrong"
	noAddress   reason = "endpoint_unknown"
	untrusted   reason = "endpoint_untrusted"
	noKey       reason = "kms_key_refused"
	noFeature   reason = "not_implemented"
	odd         reason = "request_refused"
)

// fact is what follows from a reason. The sentence is for whoever runs the service and holds no address and
// no secret.
type fact struct {
	kind     fault.Kind
	again    bool // another attempt may succeed
	settings bool // the configuration is wrong, or what it names
	sentence string
}

// passing is the fact of what another attempt may mend.
func passing(sentence string) fact {
	return fact{kind: fault.Unavailable, again: true, sentence: sentence}
}

// lasting is the fact of what only other settings mend.
func lasting(sentence string) fact {
	return fact{kind: fault.Unavailable, settings: true, sentence: sentence}
}

var facts = map[reason]fact{
	taken:       {kind: fault.Exists, sentence: "a blob of that name exists"},
	missing:     {kind: fault.NotFound, sentence: "there is no such blob"},
	outside:     {kind: fault.Corrupt, sentence: "a blob is shorter than what was written"},
	full:        {kind: fault.Full, sentence: "the S3 store has no room"},
	busy:        passing("the S3 store cannot answer now"),
	down:        passing("the S3 store cannot be reached at its endpoint"),
	silent:      passing("the S3 store does not answer in time"),
	damaged:     passing("bytes were damaged on their way to the S3 store"),
	noAddress:   passing("the endpoint given has a name that is not known"),
	noBucket:    lasting("the S3 store has no bucket of the name given"),
	credentials: lasting("the S3 store refuses the credentials: they are unknown, wrong or expired"),
	forbidden: lasting(
		"the S3 store does not let these credentials read, write, delete and list in the bucket"),
	elsewhere: lasting("the bucket is of another region or endpoint than the one given"),
	notS3:     lasting("the endpoint given does not answer as an S3 store does"),
	untrusted: lasting("the certificate of the endpoint given is not trusted"),
	noKey:     lasting("the S3 store cannot encrypt as sse and kms_key ask"),
	noFeature: lasting("the S3 store does not know something that its parameters ask for"),
	odd:       {kind: fault.Unavailable, sentence: "the S3 store refuses a request"},
	skewed: {
		kind: fault.Unavailable, again: true, settings: true,
		sentence: "the clocks of this machine and of the S3 store differ by more than the store accepts",
	},
}

// codes are the error codes of S3, and of other stores where those differ.
var codes = map[string]reason{
	"PreconditionFailed":                 taken,
	"NoSuchKey":                          missing,
	"InvalidRange":                       outside,
	"NoSuchBucket":                       noBucket,
	"InvalidAccessKeyId":                 credentials,
	"SignatureDoesNotMatch":              credentials,
	"ExpiredToken":                       credentials,
	"InvalidToken":                       credentials,
	"TokenRefreshRequired":               credentials,
	"XAdminUserNotFound":                 credentials,
	"NotSignedUp":                        credentials,
	"AccountProblem":                     credentials,
	"AccessDenied":                       forbidden,
	"AllAccessDisabled":                  forbidden,
	"RequestTimeTooSkewed":               skewed,
	"RequestExpired":                     skewed,
	"PermanentRedirect":                  elsewhere,
	"TemporaryRedirect":                  elsewhere,
	"AuthorizationHeaderMalformed":       elsewhere,
	"IllegalLocationConstraintException": elsewhere,
	"BadDigest":                          damaged,
	"InvalidDigest":                      damaged,
	"XAmzContentChecksumMismatch":        damaged,
	"IncompleteBody":                     damaged,
	"SlowDown":                           busy,
	"ServiceUnavailable":                 busy,
	"InternalError":                      busy,
	"RequestTimeout":                     busy,
	"OperationAborted":                   busy,
	"ConditionalRequestConflict":         busy,
	"Throttling":                         busy,
	"ThrottlingException":                busy,
	"QuotaExceeded":                      full,
	"InsufficientStorage":                full,
	"XMinioStorageFull":                  full,
	"XMinioAdminBucketQuotaExceeded":     full,
	"NotImplemented":                     noFeature,
	"InvalidStorageClass":                noFeature,
	"KMS.NotFoundException":              noKey,
	"KMS.DisabledException":              noKey,
	"KMSNotConfigured":                   noKey,
	"InvalidEncryptionAlgorithmError":    noKey,
}

// statuses stand in for a code that is missing, as with HEAD, or that no store of those above sends.
var statuses = map[int]reason{
	http.StatusMovedPermanently:             elsewhere,
	http.StatusTemporaryRedirect:            elsewhere,
	http.StatusUnauthorized:                 credentials,
	http.StatusForbidden:                    forbidden,
	http.StatusPreconditionFailed:           taken,
	http.StatusRequestedRangeNotSatisfiable: outside,
	http.StatusTooManyRequests:              busy,
	http.StatusNotImplemented:               noFeature,
	http.StatusInsufficientStorage:          full,
}

// trouble is a failed request.
type trouble struct {
	reason
	cause error
}

// because is the trouble that this package itself finds.
func because(r reason, cause error) error { return trouble{reason: r, cause: cause} }

func (t trouble) Error() string { return string(t.reason) + ": " + t.cause.Error() }

func (t trouble) Unwrap() error { return t.cause }

// fault is the trouble in the Engine's words.
func (t trouble) fault() error {
	f := facts[t.reason]
	return fault.Wrap(t.cause, f.kind, "%s", f.sentence).Because(string(t.reason))
}

// explain gives an attempt's error its reason.
func explain(err error) trouble {
	if t, ok := errors.AsType[trouble](err); ok {
		return t
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if r, ok := codes[api.ErrorCode()]; ok {
			return trouble{r, err}
		}
	}
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.Response == nil || answer.HTTPStatusCode() == 0 {
		return trouble{unreached(err), err}
	}
	status := answer.HTTPStatusCode()
	switch r, ok := statuses[status]; {
	case ok:
		return trouble{r, err}
	case status >= http.StatusInternalServerError:
		return trouble{busy, err}
	case status < http.StatusBadRequest, status == http.StatusNotFound, !isS3(answer):
		return trouble{notS3, err}
	}
	return trouble{odd, err}
}

// isS3 says whether an answer has the mark that S3 and every store like it puts on each.
func isS3(answer *smithyhttp.ResponseError) bool {
	return answer.Response.Header.Get("X-Amz-Request-Id") != ""
}

// unreached is why there was no answer.
func unreached(err error) reason {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		return noAddress
	case errors.As(err, &certificate):
		return untrusted
	case errors.Is(err, http.ErrSchemeMismatch):
		return notS3
	case errors.Is(err, context.DeadlineExceeded):
		return silent
	}
	return down
}

// statusOf is the HTTP status of a failed request, 0 if there was none.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.Response != nil {
		return answer.HTTPStatusCode()
	}
	return 0
}

// isMissing says whether a HEAD or DELETE found no object: their answers need not bring a code.
func isMissing(err error) bool {
	return statusOf(err) == http.StatusNotFound && !isA(err, noBucket)
}

// isA says whether err is of one of the reasons.
func isA(err error, reasons ...reason) bool {
	t := explain(err)
	for _, r := range reasons {
		if t.reason == r {
			return true
		}
	}
	return false
}

// reasonOf is the reason of an error that fault returned.
func reasonOf(err error) reason {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return reason(f.Reason)
	}
	return ""
}

// hidden keeps from clients what only those who run the service need to know: that goes to the log, and Check
// tells it.
func hidden(err error) error {
	if reasonOf(err) == "" || !fault.Is(err, fault.Unavailable) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "the store of uploads does not work now; try again")
}

// asSettings makes Invalid what no waiting mends.
func asSettings(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && facts[reason(f.Reason)].settings {
		return fault.Wrap(f.Unwrap(), fault.Invalid, "%s", f.Message).Because(f.Reason)
	}
	return err
}
