package gigya_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/gigya"
)

const vectorSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// The vendors' own vectors, and some that other implementations agree on.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, secret, method, address string
		params                        url.Values
		base, sig                     string
	}{
		{
			name: "Java", secret: "dGVzdC1jb25zdW1lci1zZWNyZXQmdGVzdC10b2tlbi1zZWNyZXQ=", method: "POST",
			address: "http://photos.example.net/photos",
			params: url.Values{
				"size": {"original"}, "file": {"vacation.jpg"}, "oauth_consumer_key": {"test-consumer-secret"},
				"oauth_nonce": {"kllo9940pd9333jh"}, "oauth_signature_method": {"HMAC-SHA1"},
				"oauth_timestamp": {"1191242096"}, "oauth_token": {"test-token-secret"}, "oauth_version": {"1.0"},
			},
			base: "POST&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Dtest-consumer-secret" +
				"%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096" +
				"%26oauth_token%3Dtest-token-secret%26oauth_version%3D1.0%26size%3Doriginal",
			sig: "j4/Jwtp11HLWl7KG3QlsczfRRpU=",
		},
		{
			name: "Android, a secret without padding", secret: "asda34asfasfj9fuas", method: "POST",
			address: "https://sociallize.us1.gigya.com/socialize.getSDKConfig",
			params:  url.Values{"ApiKey": {"someApiKey"}, "nonce": {"1545905337000_1"}, "timestamp": {"1545905337"}},
			base: "POST&https%3A%2F%2Fsociallize.us1.gigya.com%2Fsocialize.getSDKConfig&ApiKey%3DsomeApiKey%26nonce%3D1545905337000_1" +
				"%26timestamp%3D1545905337",
			sig: "nC69hzGbTdPW3WlUl6k0ZeCd0CY=",
		},
		{
			name: "V1", secret: vectorSecret, method: "POST", address: "https://accounts.us1.gigya.com/accounts.setProfilePhoto",
			params: url.Values{
				"apiKey": {"3_TESTKEY"}, "UID": {"_guid_abc-123=="}, "photoBytes": {"iVBORw0KGgo+/w=="}, "publish": {"true"},
				"format": {"json"}, "httpStatusCodes": {"false"}, "sdk": {"test_1.0"}, "timestamp": {"1700000000"}, "nonce": {"1700000000123_42"},
			},
			sig: "Ie3bD3lt86ejiLAIEg3B6et2x+M=",
		},
		{
			name: "V2", secret: vectorSecret, method: "POST", address: "https://socialize.us1.gigya.com/socialize.setUserInfo",
			params: url.Values{
				"apiKey": {"3_TESTKEY"}, "userKey": {"AKtestUser"}, "UID": {"u~1 *é"}, "format": {"json"}, "timestamp": {"1700000000"}, "nonce": {"n-2"},
				"userInfo": {`{"firstName":"David","gender":"m","age":30,"photoURL":"http://x/y?a=b&c=d"}`},
			},
			sig: "jSjgojUYoP8y8HnNrS3sM4Czuu0=",
		},
		{
			name: "V3", secret: vectorSecret, method: "GET", address: "http://localhost:8080/accounts.importProfilePhoto",
			params: url.Values{"UID": {"u1"}, "apiKey": {"3_TESTKEY"}, "nonce": {"n3"}, "timestamp": {"1700000000"}, "url": {"http://img.example/p.jpg"}},
			base: "GET&http%3A%2F%2Flocalhost%3A8080%2Faccounts.importProfilePhoto&UID%3Du1%26apiKey%3D3_TESTKEY%26nonce%3Dn3" +
				"%26timestamp%3D1700000000%26url%3Dhttp%253A%252F%252Fimg.example%252Fp.jpg",
			sig: "WM5zV1FKBPHhW/RR7kEYcE7ZeLM=",
		},
		{
			name: "V4", secret: vectorSecret, method: "POST", address: "https://localhost:8443/accounts.publishProfilePhoto",
			params: url.Values{"apiKey": {"3_TESTKEY"}, "nonce": {"n4"}, "regToken": {"st2.s.RT"}, "thumbnail": {"100,80"}, "timestamp": {"1700000000"}},
			sig:    "T5rAstbDJu3gG4UmR//uRhDT5D0=",
		},
		{
			name: "every sort of byte", secret: vectorSecret, method: "GET", address: "https://h/p",
			params: url.Values{"a": {`!*'();:@&=+$,/?%#[] `}, "Z": {""}, "b": {"abc012_-."}},
			base: "GET&https%3A%2F%2Fh%2Fp&Z%3D%26a%3D%2521%252A%2527%2528%2529%253B%253A%2540%2526%253D%252B%2524%252C%252F%253F%2525%2523%255B" +
				"%255D%2520%26b%3Dabc012_-.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base, err := gigya.Base(c.params.Encode(), c.method, c.address)
			if err != nil || c.base != "" && base != c.base {
				t.Errorf("got  %s, %v\nwant %s", base, err, c.base)
			}
			if c.sig == "" {
				return
			}
			safe := strings.NewReplacer("+", "-", "/", "_").Replace(c.sig)
			for _, sig := range []string{c.sig, safe, strings.TrimRight(safe, "=")} {
				c.params.Set("sig", sig)
				if !gigya.Signed(c.params.Encode(), c.secret, c.method, "http://other/", c.address) {
					t.Errorf("the signature %s is refused", sig)
				}
				if gigya.Signed(c.params.Encode(), c.secret, c.method, c.address+"x") {
					t.Error("the signature is good for another address")
				}
			}
			c.params.Set("nonce", "another")
			if gigya.Signed(c.params.Encode(), c.secret, c.method, c.address) {
				t.Error("the signature is good for other parameters")
			}
		})
	}
}

func TestUIDsAreSigned(t *testing.T) {
	t.Parallel()
	got, err := gigya.SignUID(vectorSecret, "1700000000", "_guid_abc-123==")
	if want := "PO3fIyu5UMyc461/6DllX/QEQRw="; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// What a page is told of who has signed in, the site's server can believe; who has a regToken has not signed in.
func TestThePageProvesWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{Register: true})
	begin := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key})
	reg := map[string]string{"apiKey": i.key, "regToken": begin.text("regToken"), "email": "jane@b.example", "password": "secret 1"}
	i.want(i.post("accounts.register", reg), 206001)
	finish := map[string]string{"apiKey": i.key, "regToken": reg["regToken"]}
	pending, older := i.post("accounts.getAccountInfo", finish), i.post("socialize.getUserInfo", finish)
	session := map[string]string{
		"apiKey": i.key, "login_token": i.post("accounts.finalizeRegistration", finish).text("sessionInfo", "sessionToken"),
	}
	for name, c := range map[string]struct {
		answer answer
		proven bool
	}{
		"after a sign-in":            {i.post("accounts.login", map[string]string{"apiKey": i.key, "loginID": reg["email"], "password": "secret 1"}), true},
		"with a session":             {i.post("accounts.getAccountInfo", session), true},
		"with a session, older form": {i.post("socialize.getUserInfo", session), true},
		"the site's server":          {i.call("accounts.getAccountInfo", "john"), true},
		"with a regToken":            {pending, false},
		"a regToken, older form":     {older, false},
	} {
		at, uid, got := c.answer.text("signatureTimestamp"), c.answer.text("UID"), c.answer.text("UIDSignature")
		want, err := gigya.SignUID(i.secret, at, uid)
		if err != nil || uid == "" || (got != "") != c.proven || c.proven && got != want {
			t.Errorf("%s: got the signature %q, want %q if %v: %s", name, got, want, c.proven, c.answer.body)
		}
	}
}

func TestSignedAddress(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"HTTPS://Host.Example:443": "https://host.example/p", "http://h:80": "http://h/p", "http://h:8080": "http://h:8080/p",
		"https://h:4433": "https://h:4433/p", "http://h:443": "http://h:443/p", "https://h:80": "https://h:80/p",
	} {
		if got := gigya.SignedAddress(base, "/p"); got != want {
			t.Errorf("%s: got %s, want %s", base, got, want)
		}
	}
}

// What the server writes piece by piece is what the definition says, whatever the parameters.
func FuzzBase(f *testing.F) {
	f.Add("photoBytes", "a+b/c==", "UID", "é *~", "https://h/p")
	f.Add("A", "", "a", "\x00%zz&=", "http://h:8080/x")
	f.Fuzz(func(t *testing.T, name, value, other, more, address string) {
		values := url.Values{}
		values.Set(name, value)
		values.Set(other, more)
		base, err := gigya.Base(values.Encode(), "POST", address)
		if err != nil {
			return // no UTF-8, or twice the same name
		}
		p := map[string]string{}
		for n := range values {
			if low := strings.ToLower(n); low != "sig" && low != "secret" && n != "" {
				p[n] = values.Get(n)
			}
		}
		if want := baseOf("POST", address, p); base != want {
			t.Errorf("got  %q\nwant %q", base, want)
		}
	})
}

// What was encoded in whichever way comes back, and nothing that is decoded overruns its place.
func FuzzPhotoBytes(f *testing.F) {
	f.Add([]byte("picture"), []byte("aGVsbG8="))
	f.Add(make([]byte, 9000), []byte("data:image/png;base64,aGVsbG8"))
	f.Add([]byte{0xFF, 0xFE, 0xFD}, []byte("====\n\n"))
	f.Fuzz(func(t *testing.T, photo, wild []byte) {
		std := base64.StdEncoding.EncodeToString(photo)
		var lines strings.Builder
		for i := 0; i < len(std); i += 76 {
			lines.WriteString(std[i:min(i+76, len(std))] + "\r\n")
		}
		for _, text := range []string{
			std, strings.TrimRight(std, "="), base64.URLEncoding.EncodeToString(photo), base64.RawURLEncoding.EncodeToString(photo),
			lines.String(), "data:image/png;base64," + std, strings.ReplaceAll(std, "+", " "),
		} {
			got, err := gigya.DecodePhoto([]byte(text))
			if err != nil || string(got) != string(photo) {
				t.Fatalf("%.80q: got %.80q, %v", text, got, err)
			}
		}
		before := len(wild)
		if got, err := gigya.DecodePhoto(wild); err == nil && len(got) > before {
			t.Errorf("%d bytes became %d", before, len(got))
		}
	})
}
