package boot

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"cameo/association"
	"cameo/association/directory"
	"cameo/association/fetch"
	"cameo/association/imaging"
	"cameo/server/auth"
	"cameo/server/gigya"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// siteSecrets is for what the secrets of sites are sealed.
const siteSecrets = "site secrets"

// methods makes what answers Gigya's clients.
func (n *Node) methods(pace reply.Pace, urls *auth.URLSigner) (*gigya.Handler, error) {
	secrets, err := auth.NewSealer(n.Keys, siteSecrets)
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewSealer(n.Keys, "site tokens")
	if err != nil {
		return nil, err
	}
	derive, err := sessionSecrets(n.Keys)
	if err != nil {
		return nil, err
	}
	var public []string
	for _, one := range n.config.PublicURL {
		public = append(public, string(one))
	}
	return gigya.New(gigya.Config{
		Engine: n.Engine, Photos: n.Photos, Auth: n.auth, Fetcher: n.config.fetcher(), Trim: n.worker.Trim,
		Sites: n.Directory, Once: n.Directory, Shelf: n.Directory, Profiles: n.Directory,
		Secrets: secrets, Tokens: tokens, Derive: derive, AddUser: n.register,
		Public: public, Members: n.config.Photos == "members", URLs: urls,
		Clock: n.machine.Clock, Random: n.machine.Random, Pace: pace,
	}), nil
}

// fetcher fetches photos of the types that Gigya takes.
func (c Config) fetcher() *fetch.Fetcher {
	return fetch.New(fetch.Config{
		Sniff: imaging.Sniff, Types: []string{imaging.JPEG, imaging.PNG, imaging.GIF},
		Allow: c.ImportAllow, Limits: fetch.DefaultLimits(),
	})
}

// sessionSecrets returns what makes the secret of each session, so that none needs to be stored.
func sessionSecrets(keys auth.Keys) (func(session string) []byte, error) {
	key, err := hkdf.Key(sha256.New, keys.Sealing, nil, "cameo session secrets", sha256.Size)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key for session secrets")
	}
	return func(session string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(session))
		return mac.Sum(nil)
	}, nil
}

// register lets a person sign in who has registered by themselves. Anybody may ask for that: it takes its
// turn.
func (n *Node) register(
	ctx context.Context, c storage.Community, person association.GUID, name, password string,
) error {
	return n.Photos.InTurn(ctx, func(ctx context.Context) error {
		return n.Directory.AddUser(ctx, directory.User{Community: c, GUID: person, Name: name, Password: password})
	})
}

// sweepSites drops what is over of sites, and photos that nobody has published for as long as an upload is
// kept that is nobody's.
func (n *Node) sweepSites(ctx context.Context) error {
	now := n.machine.Clock()
	return n.Directory.SweepSites(ctx, now, now.Add(-time.Duration(n.config.Retention)))
}
