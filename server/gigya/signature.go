package gigya

import (
	"bufio"
	"cmp"
	"crypto/hmac"
	"crypto/sha1" // it is what Gigya's clients sign with
	"encoding/base64"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cameo/storage/fault"
)

// signed says whether the params are signed with a secret, in base64, for one of the addresses by which the
// client may have called. The text that is signed holds a photo encoded twice; it is never made as a whole.
func (p *params) signed(secret, method string, addresses []string) bool {
	key, err := fromBase64(secret)
	if err != nil {
		return false
	}
	sig, err := fromBase64(p.get("sig"))
	if err != nil || len(sig) != sha1.Size {
		return false
	}
	for _, address := range addresses {
		if hmac.Equal(sig, p.sum(key, method, address)) {
			return true
		}
	}
	return false
}

// sum is the signature of the params.
func (p *params) sum(key []byte, method, address string) []byte {
	mac := hmac.New(sha1.New, key)
	p.base(mac, method, address)
	return mac.Sum(nil)
}

// base writes the text that is signed: method, address and parameters in the order of their names, as OAuth
// 1.0 has it (RFC 5849, section 3.4.1), but that names are encoded once.
func (p *params) base(to hash.Hash, method, address string) {
	sorted := make([]param, 0, len(p.all))
	for _, one := range p.all {
		if one.name != "" && !strings.EqualFold(one.name, "sig") && !strings.EqualFold(one.name, "secret") {
			sorted = append(sorted, one)
		}
	}
	slices.SortFunc(sorted, func(a, b param) int { return cmp.Compare(a.name, b.name) })
	once, twice := escapes(), escapes()
	for b, text := range twice {
		twice[b] = strings.ReplaceAll(text, "%", "%25")
	}
	w := bufio.NewWriter(to) // a hash takes all
	once.write(w, []byte(method))
	_ = w.WriteByte('&')
	once.write(w, []byte(address))
	_ = w.WriteByte('&')
	for i, one := range sorted {
		if i > 0 {
			_, _ = w.WriteString("%26")
		}
		once.write(w, []byte(one.name))
		_, _ = w.WriteString("%3D")
		twice.write(w, one.value)
	}
	_ = w.Flush()
}

// proven is a UID with what a site's server learns from a page by who has signed in there: a time, and both
// signed with the site's secret. Who has shown no more than a regToken gets the UID alone.
func (c *call) proven(uid string) (object, error) {
	told := object{{"UID", uid}}
	if !c.caller.server && !c.caller.signed {
		return told, nil
	}
	secret, err := c.siteSecret()
	if err != nil {
		return nil, err
	}
	at := strconv.FormatInt(c.Clock().Time().Unix(), 10)
	signature, err := signUID(secret, at, uid)
	return append(told, object{{"UIDSignature", signature}, {"signatureTimestamp", at}}...), err
}

// signUID is the signature of a UID at a time in seconds since 1970, with a secret in base64.
func signUID(secret, at, uid string) (string, error) {
	key, err := fromBase64(secret)
	if err != nil {
		return "", fault.Wrap(err, fault.Corrupt, "the site's secret is no base64")
	}
	mac := hmac.New(sha1.New, key)
	mac.Write([]byte(at + "_" + uid))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// escaping says what stands for each byte.
type escaping [256]string

// escapes are bytes percent-encoded (RFC 3986, section 2.1).
func escapes() *escaping {
	const hex = "0123456789ABCDEF"
	var of escaping
	for i := range of {
		b := byte(i)
		of[i] = string([]byte{'%', hex[b>>4], hex[b&15]})
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		if letter || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			of[i] = string([]byte{b})
		}
	}
	return &of
}

// write writes a text; what stands for itself, nearly all of a photo, in pieces.
func (e *escaping) write(to *bufio.Writer, text []byte) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && len(e[text[n]]) == 1 {
			n++
		}
		_, _ = to.Write(text[:n])
		if n < len(text) {
			_, _ = to.WriteString(e[text[n]])
			n++
		}
		text = text[n:]
	}
}

// fromBase64 reads either alphabet, padded or not.
func fromBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/", " ", "+", "\r", "", "\n", "").Replace(text)
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

// addresses are those by which the call may have been made, as they are signed: below the service's public
// URLs, or, if it has none, by the host that the client named. Whoever stands before the service may have
// spoken https to the client.
func (c *call) addresses() []string {
	path := c.Request().URL.EscapedPath()
	if len(c.Public) == 0 {
		host := c.Request().Host
		return slices.Compact([]string{
			signedAddress(c.Scheme()+"://"+host, path), signedAddress("https://"+host, path),
			signedAddress("http://"+host, path),
		})
	}
	var all []string
	for _, base := range c.Public {
		all = append(all, signedAddress(base, path))
	}
	return all
}

// signedAddress is a URL as it is signed: lower case, without a port that goes without saying.
func signedAddress(base, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host + strings.TrimSuffix(u.EscapedPath(), "/") + path
}
