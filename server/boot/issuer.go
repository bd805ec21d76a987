package boot

import (
	"io"
	"os"
	"strings"

	"cameo/server/auth"
	"cameo/storage/fault"
)

// Issuer says which identity provider is believed, and how its tokens are read.
//
//nolint:lll // a table: one flag a line
type Issuer struct {
	JWTIssuer   string `name:"jwt-issuer" env:"CAMEO_JWT_ISSUER" placeholder:"URL" help:"Issuer (iss) whose tokens are believed, besides the instance's own."`
	JWTAudience string `name:"jwt-audience" env:"CAMEO_JWT_AUDIENCE" placeholder:"NAME" help:"Audience (aud) that the issuer's bearer tokens must name. Empty: none of them is believed."`
	JWKSURL     WebURL `name:"jwks-url" env:"CAMEO_JWKS_URL" placeholder:"URL" help:"Where the issuer publishes its keys. Empty: where its discovery document says."`

	ClaimSubject     string `name:"claim-subject" env:"CAMEO_CLAIM_SUBJECT" default:"sub" placeholder:"NAME" help:"Claim that names the person. What is no GUID becomes one, always the same."`
	ClaimCommunities string `name:"claim-communities" env:"CAMEO_CLAIM_COMMUNITIES" default:"communities" placeholder:"NAME" help:"Claim that lists the person's communities; dots lead into objects, such as realm_access.roles."`
	ClaimAdmin       string `name:"claim-admin" env:"CAMEO_CLAIM_ADMIN" default:"admin" placeholder:"NAME" help:"Claim that lists the communities in which the person administers."`
	MemberRole       []Role `name:"member-role" env:"CAMEO_MEMBER_ROLE" placeholder:"ROLE=COMMUNITY" help:"Role in --claim-communities that makes its bearer a member. May be given several times; then nothing else in the claim counts."`
	AdminRole        []Role `name:"admin-role" env:"CAMEO_ADMIN_ROLE" placeholder:"ROLE=COMMUNITY" help:"Role in --claim-admin that makes its bearer an administrator. May be given several times; then nothing else in the claim counts."`

	OIDCClientID         string   `name:"oidc-client-id" env:"CAMEO_OIDC_CLIENT_ID" placeholder:"ID" help:"What the issuer knows this service as, so that people can sign in there."`
	OIDCClientSecretFile string   `name:"oidc-client-secret-file" env:"CAMEO_OIDC_CLIENT_SECRET_FILE" placeholder:"FILE" help:"File with the client's secret. Instead, the variable CAMEO_OIDC_CLIENT_SECRET may hold it."`
	OIDCScopes           []string `name:"oidc-scopes" env:"CAMEO_OIDC_SCOPES" default:"openid,profile,email" placeholder:"SCOPE" help:"What the issuer is asked for when somebody signs in."`
}

// clientSecret is the variable that holds the client's secret. There is no flag for it: other users of a
// machine can see a program's flags.
const clientSecret = "CAMEO_OIDC_CLIENT_SECRET"

// maxSecret is how long a client's secret may be, in bytes.
const maxSecret = 4 << 10

// check says which setting makes no sense, by the name of its flag.
func (i Issuer) check() error {
	switch {
	case i.JWTIssuer == "" && i.JWTAudience != "":
		return wrong("jwt-audience", "want --jwt-issuer with it")
	case i.JWTIssuer == "" && i.JWKSURL != "":
		return wrong("jwks-url", "want --jwt-issuer with it")
	case i.JWTIssuer == "" && i.OIDCClientID != "":
		return wrong("oidc-client-id", "want --jwt-issuer with it")
	case i.OIDCClientID == "" && i.OIDCClientSecretFile != "":
		return wrong("oidc-client-secret-file", "want --oidc-client-id with it")
	case i.JWTIssuer != "" && i.JWTAudience == "" && i.OIDCClientID == "":
		return wrong("jwt-issuer", "want --jwt-audience with it, or tokens made for others would be believed; "+
			"or --oidc-client-id, if people only sign in there")
	case i.JWTIssuer != "" && (i.JWKSURL == "" || i.OIDCClientID != "") && !isWeb(i.JWTIssuer):
		return wrong("jwt-issuer", "want the URL below which the issuer has its discovery document")
	}
	return nil
}

// isWeb says whether an address is one of http or https.
func isWeb(address string) bool {
	var u WebURL
	return u.UnmarshalText([]byte(address)) == nil
}

// mapping is how the issuer's tokens are read.
func (i Issuer) mapping() auth.Mapping {
	m := auth.Mapping{Subject: i.ClaimSubject, Communities: i.ClaimCommunities, Admin: i.ClaimAdmin}
	for _, r := range i.MemberRole {
		m.MemberRoles = append(m.MemberRoles, auth.Role(r))
	}
	for _, r := range i.AdminRole {
		m.AdminRoles = append(m.AdminRoles, auth.Role(r))
	}
	return m
}

// client is as whom people are sent to the issuer; the zero Client when they are not.
func (i Issuer) client() (auth.Client, error) {
	if i.OIDCClientID == "" {
		return auth.Client{}, nil
	}
	secret, err := i.secret()
	return auth.Client{ID: i.OIDCClientID, Secret: secret, Scopes: i.OIDCScopes}, err
}

// secret is the client's; "" when it has none.
func (i Issuer) secret() (string, error) {
	secret := os.Getenv(clientSecret)
	if i.OIDCClientSecretFile == "" {
		return secret, nil
	}
	if secret != "" {
		return "", wrong("oidc-client-secret-file", "want it or "+clientSecret+", not both")
	}
	f, err := os.Open(i.OIDCClientSecretFile)
	if err != nil {
		return "", unreadableSecret(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", unreadableSecret(err)
	}
	secret = strings.TrimRight(string(text), "\r\n")
	if secret == "" || len(text) > maxSecret {
		return "", wrong("oidc-client-secret-file", "want a file with the client's secret, and nothing else")
	}
	return secret, nil
}

func unreadableSecret(cause error) error {
	return fault.Wrap(cause, fault.Invalid, "--oidc-client-secret-file: the file cannot be read")
}
