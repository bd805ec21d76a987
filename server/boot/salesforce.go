package boot

import (
	"cameo/server/auth"
	"cameo/server/photos"
	"cameo/server/reply"
	"cameo/server/salesforce"
)

// connect makes the dialect of Salesforce Connect.
func (n *Node) connect(urls *auth.URLSigner, pace reply.Pace) (*salesforce.Handler, error) {
	sealer, err := auth.NewSealer(n.Keys, "photos in e-mails")
	if err != nil {
		return nil, err
	}
	secrets, err := auth.NewSealer(n.Keys, siteSecrets)
	if err != nil {
		return nil, err
	}
	return salesforce.New(salesforce.Config{
		Engine: n.Engine, Photos: n.Photos, Auth: n.auth, Sealer: sealer, URLs: urls,
		Files: n.Directory, Sites: n.Directory, Secrets: secrets,
		Members: n.config.Photos == "members", Pace: pace, Default: photos.Bust,
	}), nil
}
