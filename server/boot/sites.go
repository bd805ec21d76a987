package boot

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"

	"cameo/association"
	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

// NewSite is a key by which Gigya's clients shall name a community.
type NewSite struct {
	Origins  []Origin // of pages that may call without a signature
	Register bool     // people register by themselves
}

// What is drawn for a site.
const (
	siteKeyLength = 22   // base62 characters behind the prefix
	secretBytes   = 32   // of a secret
	rsaBits       = 2048 // of a private key
)

// AddSite adds a site and writes its keys in JSON. Its secret is told once.
func (p *People) AddSite(ctx context.Context, s NewSite, to io.Writer) error {
	key, err := storage.DrawBase62(p.node.machine.Random, siteKeyLength)
	if err != nil {
		return err
	}
	secret, sealed, err := p.newSecret()
	if err != nil {
		return err
	}
	now := p.node.machine.Clock()
	site := association.Site{
		APIKey: "3_" + key, Community: p.community, Secret: sealed, Created: now, Rotated: now,
		Thumbnail: association.DefaultThumbnail(), Register: s.Register,
	}
	for _, o := range s.Origins {
		site.Origins = append(site.Origins, string(o))
	}
	err = p.deed(ctx, association.SiteAdded, site.APIKey, func(ctx context.Context) error {
		return p.node.Directory.AddSite(ctx, site)
	})
	if err != nil {
		return err
	}
	return tell(to, map[string]string{"apiKey": site.APIKey, "secret": secret})
}

// newSecret draws a secret, and seals it.
func (p *People) newSecret() (secret, sealed string, err error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(p.node.machine.Random, b); err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "no randomness")
	}
	sealer, err := auth.NewSealer(p.node.state.keys, siteSecrets)
	if err != nil {
		return "", "", err
	}
	secret = base64.StdEncoding.EncodeToString(b)
	return secret, sealer.Seal([]byte(secret)), nil
}

func tell(to io.Writer, what map[string]string) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return e.Encode(what)
}

// ListSites writes a line for each site: its key, and active or disabled.
func (p *People) ListSites(ctx context.Context, to io.Writer) error {
	sites, err := p.node.Directory.Sites(ctx, p.community)
	if err != nil {
		return err
	}
	for _, s := range sites {
		state := "active"
		if s.Disabled > 0 {
			state = "disabled"
		}
		if _, err := fmt.Fprintf(to, "%s\t%s\n", s.APIKey, state); err != nil {
			return err
		}
	}
	return nil
}

// RotateSite gives a site another secret, and writes it in JSON.
func (p *People) RotateSite(ctx context.Context, apiKey string, to io.Writer) error {
	secret, sealed, err := p.newSecret()
	if err != nil {
		return err
	}
	err = p.deed(ctx, association.SiteRotated, apiKey, func(ctx context.Context) error {
		return p.node.Directory.RotateSite(ctx, p.community, apiKey, sealed, p.node.machine.Clock())
	})
	if err == nil {
		err = p.node.Directory.EndSite(ctx, apiKey)
	}
	if err != nil {
		return err
	}
	return tell(to, map[string]string{"apiKey": apiKey, "secret": secret})
}

// DisableSite shuts a site.
func (p *People) DisableSite(ctx context.Context, apiKey string) error {
	err := p.deed(ctx, association.SiteDisabled, apiKey, func(ctx context.Context) error {
		return p.node.Directory.DisableSite(ctx, p.community, apiKey, p.node.machine.Clock())
	})
	if err == nil {
		err = p.node.Directory.EndSite(ctx, apiKey)
	}
	return err
}

// deed does something to a site, and has it audited: a site's keys administer its community.
func (p *People) deed(
	ctx context.Context, what association.Deed, object string, do func(context.Context) error,
) error {
	return p.service.Audited(ctx, p.operator, func(ctx context.Context) (association.Entry, error) {
		return association.Entry{Community: p.community, Action: what, Object: object}, do(ctx)
	})
}

// AddSiteKey adds a user's key to a site, and writes it in JSON with its secret or its private key, which are
// told once.
func (p *People) AddSiteKey(ctx context.Context, apiKey string, private bool, to io.Writer) error {
	s, err := p.node.Directory.Site(ctx, apiKey)
	if err == nil && s.Community != p.community {
		err = association.NoSite()
	}
	if err != nil {
		return err
	}
	name, err := storage.DrawBase62(p.node.machine.Random, siteKeyLength)
	if err != nil {
		return err
	}
	k := association.SiteKey{UserKey: "A" + name, APIKey: apiKey, Created: p.node.machine.Clock()}
	told := map[string]string{"userKey": k.UserKey}
	if private {
		told["privateKey"], k.Public, err = newRSA()
	} else {
		told["secret"], k.Secret, err = p.newSecret()
	}
	if err != nil {
		return err
	}
	err = p.deed(ctx, association.SiteKeyAdded, k.UserKey, func(ctx context.Context) error {
		return p.node.Directory.AddSiteKey(ctx, k)
	})
	if err != nil {
		return err
	}
	return tell(to, told)
}

// newRSA returns a key pair in PEM.
func newRSA() (private, public string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "no key can be made")
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "no key can be made")
	}
	open, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "no key can be made")
	}
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return text("PRIVATE KEY", secret), text("PUBLIC KEY", open), nil
}
