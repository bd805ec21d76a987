package boot

import (
	"cmp"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"cameo/association/fetch"
	"cameo/server/rate"
	"cameo/server/resumable"
	"cameo/storage"
	"cameo/storage/blobs/s3"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// Stores says where an instance keeps its state. Every command that touches the state takes these flags.
//
//nolint:lll // a table: one flag a line
type Stores struct {
	Data     string `name:"data" env:"CAMEO_DATA" default:"./data" placeholder:"DIR" help:"Directory of the instance: its keys, its database and its photos, unless they are elsewhere."`
	Database string `name:"database" env:"CAMEO_DATABASE" placeholder:"URL" help:"Where the rows stand. Empty: SQLite in DIR/cameo.db; postgres://… is a PostgreSQL that nodes share."`
	Blobs    string `name:"blobs" env:"CAMEO_BLOBS" placeholder:"URL" help:"Where the bytes lie. Empty: DIR/blobs; disk:PATH is another directory, s3://BUCKET/PREFIX?… a bucket."`
	Keys     string `name:"keys" env:"CAMEO_KEYS" placeholder:"FILE" help:"The deployment's own keys, shared by its nodes. Empty: DIR/keys, made at the first start."`
}

// Config is everything that can be set. The tags are the one table of flags, variables and defaults.
//
//nolint:lll // a table: one flag a line
type Config struct {
	Stores `embed:""`

	Listen       string    `name:"listen" env:"CAMEO_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the service. Port 0 takes a free one."`
	OpsListen    string    `name:"ops-listen" env:"CAMEO_OPS_LISTEN" placeholder:"HOST:PORT" help:"Address of the metrics; off for none. Empty: 127.0.0.1:9464 if that is free."`
	PublicURL    []WebURL  `name:"public-url" env:"CAMEO_PUBLIC_URL" placeholder:"URL" help:"URL by which clients reach the service; the pages and the addresses of tus and of resumable uploads show the first. May be given several times."`
	TrustedProxy []Network `name:"trusted-proxy" env:"CAMEO_TRUSTED_PROXY" placeholder:"CIDR" help:"Network of reverse proxies whose X-Forwarded-For counts. May be given several times."`
	TLSCert      string    `name:"tls-cert" env:"CAMEO_TLS_CERT" placeholder:"FILE" help:"Certificate chain in PEM; with --tls-key the service speaks https."`
	TLSKey       string    `name:"tls-key" env:"CAMEO_TLS_KEY" placeholder:"FILE" help:"Private key in PEM that belongs to --tls-cert."`

	Issuer `embed:""`

	CORSOrigin  []Origin `name:"cors-origin" env:"CAMEO_CORS_ORIGIN" placeholder:"ORIGIN" help:"Origin of other pages that may act for the people who use them, such as https://app.example.com. May be given several times."`
	SessionLife Duration `name:"session-life" env:"CAMEO_SESSION_LIFE" default:"720h" placeholder:"TIME" help:"How long a person stays signed in at most."`
	SessionIdle Duration `name:"session-idle" env:"CAMEO_SESSION_IDLE" default:"24h" placeholder:"TIME" help:"How long a person stays signed in who does nothing."`

	Directory   Admission         `name:"directory" env:"CAMEO_DIRECTORY" default:"open" placeholder:"open|closed" help:"Whether a person who is not known yet is added at first sight (open) or refused (closed)."`
	Photos      Audience          `name:"photos" env:"CAMEO_PHOTOS" default:"public" placeholder:"public|members" help:"Who may see photos: everybody, or members of their community and whoever has a signed URL from one."`
	ImportAllow []fetch.Exception `name:"import-allow" env:"CAMEO_IMPORT_ALLOW" placeholder:"CIDR:PORT" help:"Network and port inside from which photos may be fetched by URL, such as 10.1.0.0/16:8080. May be given several times."`
	PhotoURLs   Duration          `name:"photo-urls" env:"CAMEO_PHOTO_URLS" default:"1h" placeholder:"TIME" help:"With --photos members: how long a signed URL is good, at most; half as long at least."`

	Sizes          []int       `name:"sizes" env:"CAMEO_SIZES" default:"72,120,180,240,360,432,504,648" placeholder:"PIXELS" help:"Sides of squares that are made of a photo when they are first asked for, besides those that are made of every photo."`
	MaxSize        ByteSize    `name:"max-size" env:"CAMEO_MAX_SIZE" default:"512MiB" placeholder:"SIZE" help:"The largest upload."`
	MaxPhoto       ByteSize    `name:"max-photo" env:"CAMEO_MAX_PHOTO" default:"64MiB" placeholder:"SIZE" help:"The largest upload that may become a profile photo."`
	MaxOpen        int         `name:"max-open" env:"CAMEO_MAX_OPEN" default:"100" placeholder:"N" help:"Unfinished uploads that one person may have at once in a community; 0 for any number."`
	MaxDay         ByteSize    `name:"max-day" env:"CAMEO_MAX_DAY" default:"20GiB" placeholder:"SIZE" help:"Bytes that one person may begin to upload in a community within a day of UTC; 0 for any number."`
	MaxTotal       ByteSize    `name:"max-total" env:"CAMEO_MAX_TOTAL" default:"100GiB" placeholder:"SIZE" help:"Bytes of one person's uploads that may be kept in a community, unfinished ones and photos included; 0 for any number."`
	RatePerson     rate.Policy `name:"rate-person" env:"CAMEO_RATE_PERSON" default:"6000/10s" placeholder:"N/TIME" help:"Requests of one person within a time; off for any number."`
	RateAddress    rate.Policy `name:"rate-address" env:"CAMEO_RATE_ADDRESS" default:"20000/10s" placeholder:"N/TIME" help:"Requests from one address (of IPv6: one /64) within a time; off for any number."`
	RateMisses     rate.Policy `name:"rate-misses" env:"CAMEO_RATE_MISSES" default:"1000/1m" placeholder:"N/TIME" help:"Keys that do not exist, and failures to sign in, of one person or of strangers at one address within a time; off for any number."`
	Memory         ByteSize    `name:"memory" env:"CAMEO_MEMORY" default:"256MiB" placeholder:"SIZE" help:"Bytes of all uploads together that may wait in memory until they are durable. The process is kept near 168 MiB more than wait and are decoded at the moment, unless GOMEMLIMIT says otherwise."`
	PhotoCache     ByteSize    `name:"photo-cache" env:"CAMEO_PHOTO_CACHE" default:"16MiB" placeholder:"SIZE" help:"Bytes of small pictures that are kept in memory, so that what many look at is not read from the store each time."`
	PhotoMemory    ByteSize    `name:"photo-memory" env:"CAMEO_PHOTO_MEMORY" default:"512MiB" placeholder:"SIZE" help:"Bytes that the photos being worked on may take together. One that needs more alone is refused: 48 megapixels mostly need 200MiB, a progressive JPEG with colours in full resolution 800MiB."`
	InlineLimit    ByteSize    `name:"inline-limit" env:"CAMEO_INLINE_LIMIT" default:"1MiB" placeholder:"SIZE" help:"Bytes of an upload's tail that may ride in its row, where the store gains by it."`
	Expiry         Duration    `name:"expiry" env:"CAMEO_EXPIRY" default:"72h" placeholder:"TIME" help:"How long an upload may stay unfinished."`
	Retention      Duration    `name:"retention" env:"CAMEO_RETENTION" default:"168h" placeholder:"TIME" help:"How long a finished upload is kept that is nobody's photo."`
	AuditRetention Duration    `name:"audit-retention" env:"CAMEO_AUDIT_RETENTION" default:"9600h" placeholder:"TIME" help:"How long the audit log remembers who did what; 0 for ever."`
	IdleTimeout    Duration    `name:"idle-timeout" env:"CAMEO_IDLE_TIMEOUT" default:"30s" placeholder:"TIME" help:"A request that sends nothing for so long is ended; what arrived is kept."`
	MinRate        ByteSize    `name:"min-rate" env:"CAMEO_MIN_RATE" default:"1KiB" placeholder:"SIZE" help:"Bytes a second below which a request is ended; what arrived is kept. 0 for no such bound."`

	Resumable []resumable.Version `name:"resumable" env:"CAMEO_RESUMABLE" default:"3,4,5,6,7,8,9" placeholder:"VERSION" help:"Interop versions of the IETF's resumable uploads whose clients get interim answers (104); final for those that name none."`

	LogFormat LogFormat `name:"log-format" env:"CAMEO_LOG_FORMAT" default:"text" placeholder:"text|json" help:"How log lines are written."`
	LogLevel  LogLevel  `name:"log-level" env:"CAMEO_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"The least level that is logged: debug, info, warn or error."`
	Hints     bool      `name:"hints" env:"CAMEO_HINTS" help:"Print how to try the service, with a token that works."`
}

// OpsDefault is where the metrics are when nothing else is said.
const OpsDefault = "127.0.0.1:9464"

// How long a signed URL may be good. What is forwarded by mail needs some weeks; for ever is no expiry.
const (
	shortestURL = time.Minute
	longestURL  = 30 * 24 * time.Hour
)

// opsOff is the value of --ops-listen that asks for none.
const opsOff = "off"

// Check says which setting makes no sense, by the name of its flag. The error is Invalid. (It is not named
// Validate, which the parser would call itself: doctor reports what is wrong in its own way.)
func (c Config) Check() error {
	return cmp.Or(c.Stores.Check(), c.checkAddresses(), c.checkTLS(), c.Issuer.check(), c.checkLimits())
}

// Check refuses what cannot be opened. It repeats no address: there may be a password in it.
func (s Stores) Check() error {
	if s.Data == "" {
		return wrong("data", "want a directory")
	}
	return cmp.Or(s.checkDatabase(), s.checkBlobs())
}

func (s Stores) checkDatabase() error {
	if s.Database == "" {
		return nil
	}
	if err := (sqldb.Config{URL: s.Database}).Validate(); err != nil {
		return wrong("database", "want postgres://USER:PASSWORD@HOST/NAME, or nothing for SQLite")
	}
	_, after, _ := strings.Cut(s.Database, "://")
	if host, _, _ := strings.Cut(after, "/"); strings.Count(host, "@") > 1 {
		// What stands behind the first one would be taken for the host's name, and told.
		return wrong("database", "write %40 for an @ in the password, %2F for a slash, %25 for a percent sign")
	}
	return nil
}

func (s Stores) checkBlobs() error {
	if s.inS3() {
		if _, err := s3.ParseURL(s.Blobs); err != nil {
			return wrong("blobs", err.Error())
		}
		return nil
	}
	if path, ok := strings.CutPrefix(s.Blobs, onDisk); s.Blobs != "" && (!ok || path == "") {
		return wrong("blobs", "want disk:PATH, s3://BUCKET/PREFIX, or nothing for the data directory")
	}
	return nil
}

func (c Config) checkAddresses() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return wrong("listen", "want an address such as 127.0.0.1:8080")
	}
	if c.OpsListen != "" && c.OpsListen != opsOff {
		if _, _, err := net.SplitHostPort(c.OpsListen); err != nil {
			return wrong("ops-listen", "want an address such as 127.0.0.1:9464, or off")
		}
	}
	if !loopback(host) && c.JWTIssuer == "" && c.Keys == "" {
		return wrong("listen", c.Listen+" can be reached by other machines; say whose tokens are good first, "+
			"by --jwt-issuer or, for the instance's own, by --keys FILE")
	}
	return nil
}

// loopback says whether only this machine can reach the host. A name other than localhost may mean anything.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

func (c Config) checkTLS() error {
	switch {
	case c.TLSCert == "" && c.TLSKey != "":
		return wrong("tls-key", "want --tls-cert with it")
	case c.TLSCert != "" && c.TLSKey == "":
		return wrong("tls-cert", "want --tls-key with it")
	}
	return nil
}

func (c Config) checkLimits() error {
	if d := time.Duration(c.PhotoURLs); d < shortestURL || d > longestURL {
		return wrong("photo-urls", "want a duration from 1m to 720h")
	}
	err := cmp.Or(c.Limits().Validate(), c.photoLimits().Validate(), c.sessionLimits().Validate())
	if err != nil {
		return fault.New(fault.Invalid, "--%v", err)
	}
	if c.IdleTimeout < Duration(time.Second) {
		return wrong("idle-timeout", "want at least 1s")
	}
	return nil
}

// Limits are the engine's limits as configured.
func (c Config) Limits() storage.Limits {
	l := storage.DefaultLimits()
	l.MaxSize, l.Memory, l.Inline = int64(c.MaxSize), int64(c.Memory), int64(c.InlineLimit)
	l.Quota = storage.Quota{
		Open: c.MaxOpen, Day: int64(c.MaxDay), Bytes: int64(c.MaxTotal), Deferred: int64(c.MaxSize),
	}
	l.Expiry, l.Retention = time.Duration(c.Expiry), time.Duration(c.Retention)
	return l
}

// How an address of blobs begins.
const (
	onDisk = "disk:"
	onS3   = "s3:"
)

// inS3 says whether the bytes lie in a bucket.
func (s Stores) inS3() bool { return strings.HasPrefix(s.Blobs, onS3) }

// isLocal says whether nothing of the state lies beyond this machine.
func (s Stores) isLocal() bool { return s.Database == "" && !s.inS3() }

// usesData says whether anything lies in the data directory.
func (s Stores) usesData() bool { return s.Database == "" || s.Blobs == "" || s.Keys == "" }

// blobsDir is the root directory of the disk store.
func (s Stores) blobsDir() string {
	if path, ok := strings.CutPrefix(s.Blobs, onDisk); ok {
		return path
	}
	return filepath.Join(s.Data, "blobs")
}

func (s Stores) keysFile() string { return cmp.Or(s.Keys, filepath.Join(s.Data, "keys")) }

func (s Stores) databaseFile() string { return filepath.Join(s.Data, "cameo.db") }

// databaseFlag is the flag that says where the database is.
func (s Stores) databaseFlag() string {
	if s.Database != "" {
		return "--database"
	}
	return "--data"
}

// wrong is a setting's error. It names the flag; the variable is the same word.
func wrong(flag, why string) error { return fault.New(fault.Invalid, "--%s: %s", flag, why) }
