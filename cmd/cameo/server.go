package main

import (
	"errors"
	"net/http"
	"time"

	"cameo/server/boot"
	"cameo/server/client"
)

// server holds the flags of the commands that speak to a running service.
//
//nolint:lll // a table: one flag a line
type server struct {
	Server    string `name:"server" env:"CAMEO_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Where the service is."`
	Community string `name:"community" env:"CAMEO_COMMUNITY" default:"1" placeholder:"N" help:"The community's number."`
	Token     string `name:"token" env:"CAMEO_TOKEN" placeholder:"TOKEN" help:"Bearer token; better given by its variable, which other users cannot see."`
}

func (s server) client() (*client.Client, error) {
	if s.Token == "" {
		return nil, boot.NotSignedIn(errors.New("there is no token: give --token or CAMEO_TOKEN"))
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ExpectContinueTimeout: 2 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		IdleConnTimeout:       30 * time.Second,
		ForceAttemptHTTP2:     true,
	}
	return client.New(s.Server, s.Community, s.Token, &http.Client{Transport: transport})
}
