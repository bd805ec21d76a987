package gigya

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// paramsKey is where a request's context holds its params.
const paramsKey = "gigya.params"

// param is one of a call's, as it was sent and signed.
type param struct {
	name  string
	value []byte
}

// params are those of the query and the form together. A name is found in any case, and stands there once.
type params struct {
	all     []param
	index   map[string]int // by the name in lower case
	file    []byte         // of a multipart body; nil: none
	unknown []string       // names that the method does not know, in the order in which they came
}

func newParams() *params { return &params{index: map[string]int{}} }

// mostParams bounds a call.
const mostParams = 200

// add refuses a name that was there before: of two values nobody knows which one is meant.
func (p *params) add(name string, value []byte) error {
	low := strings.ToLower(name)
	if _, twice := p.index[low]; twice {
		return wrong(invalidValue, "The parameter %s is given twice.", low)
	}
	if len(p.all) == mostParams {
		return wrong(badRequest, "There are more than %d parameters.", mostParams)
	}
	if !utf8.ValidString(name) || low != lowPhotoBytes && !utf8.Valid(value) {
		return wrong(badRequest, "The parameters are no valid UTF-8.")
	}
	p.index[low] = len(p.all)
	p.all = append(p.all, param{name, value})
	return nil
}

// get is the value of a name in lower case; "" if it is missing.
func (p *params) get(low string) string { return string(p.bytes(low)) }

func (p *params) bytes(low string) []byte {
	if i, ok := p.index[low]; ok {
		return p.all[i].value
	}
	return nil
}

func (p *params) has(low string) bool { _, ok := p.index[low]; return ok }

// want is get of what must be there. name is the parameter's as documents write it.
func (p *params) want(name string) (string, error) {
	if v := p.get(strings.ToLower(name)); v != "" {
		return v, nil
	}
	return "", missing(name)
}

// truth reads a boolean in the spellings of Gigya's clients: Python's True, PHP's 1 and "" among them.
func (p *params) truth(name string) (bool, error) {
	switch strings.ToLower(p.get(strings.ToLower(name))) {
	case "true", "1":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, wrong(invalidFormat, "%s must be true or false", name)
}

// drop forgets the photo, which the request outlives by an answer.
func (p *params) drop() {
	p.file = nil
	if i, ok := p.index[lowPhotoBytes]; ok {
		p.all[i].value = nil
	}
}

// Formats of answers.
const (
	inJSON  = "json"
	inJSONP = "jsonp"
	inXML   = "xml"
)

// callbackName is what may be called with an answer.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][\w$.]{0,127}$`)

// checkForm judges what says how to answer.
func (p *params) checkForm() error {
	switch strings.ToLower(p.get("format")) {
	case "", inJSON, inXML:
	case inJSONP:
		if p.get("callback") == "" {
			return missing("callback")
		}
		if !callbackName.MatchString(p.get("callback")) {
			return wrong(invalidValue, "callback must be the name of a function")
		}
	default:
		return wrong(invalidValue, "format must be json, jsonp or xml")
	}
	for _, name := range []string{"httpStatusCodes", "checkParams"} {
		if _, err := p.truth(name); err != nil {
			return err
		}
	}
	return nil
}

// control are the parameters that every method knows, in lower case.
var control = []string{
	"apikey", "userkey", "secret", "oauth_token", "timestamp", "nonce", "sig", "format", "callback", "context",
	"httpstatuscodes", "sdk", "cid", "targetenv", "checkparams", "gmid", "ucid", "authmode", "login_token",
	"regtoken", "pageurl", "sdkbuild", "noauth", "sdk_version", "source", "saveresponseid",
}

// unrecognised is what Gigya says of a parameter that it does not know.
const unrecognised = "not recognized as valid for this API method with your security credentials nor"

// checkUnknown finds parameters that nobody reads, and refuses them if the client wants that.
func (p *params) checkUnknown(known []string) error {
	for _, one := range p.all {
		low := strings.ToLower(one.name)
		if low == "" { // it came as a header
			continue
		}
		if !slices.Contains(control, low) && !slices.Contains(known, low) && !slices.Contains(p.unknown, one.name) {
			p.unknown = append(p.unknown, one.name)
		}
	}
	if strict, err := p.truth("checkParams"); err != nil || !strict || len(p.unknown) == 0 {
		return err
	}
	refused := wrong(permissionDenied, "These parameters were %s were they recognized as standard Gigya "+
		"control parameters: %s", unrecognised, strings.Join(p.unknown, ", "))
	p.unknown = nil
	return refused
}

// ignore says that a parameter which the method knows does not count for who calls.
func (p *params) ignore(low string) {
	if i, ok := p.index[low]; ok {
		p.unknown = append(p.unknown, p.all[i].name)
	}
}

// paramsOf are those of a request as far as they were read; of one that was refused before, the query's.
func paramsOf(c echo.Context) *params {
	if p, ok := c.Get(paramsKey).(*params); ok && p != nil {
		return p
	}
	p := newParams()
	_ = p.readQuery(c.Request().URL.RawQuery) // as much as can be read
	return p
}

// kindOf is fault.Of, for this package's table.
func kindOf(err error) fault.Kind { return fault.Of(err) }
