package boot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"cameo/association"
	"cameo/association/album"
	"cameo/association/directory"
	"cameo/association/imaging"
	"cameo/server"
	"cameo/server/auth"
	"cameo/server/igloo"
	"cameo/server/ops"
	"cameo/server/page"
	"cameo/server/people"
	"cameo/server/photos"
	"cameo/server/rate"
	"cameo/server/rate/tally"
	"cameo/server/replay"
	"cameo/server/reply"
	"cameo/server/sessions"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

// Node is one running instance. Its exported parts are for tests, which look at what the instance does from
// inside.
type Node struct {
	Engine    *storage.Engine
	Photos    *association.Service
	Directory *directory.Directory
	Keys      auth.Keys
	Provider  *auth.Provider // nil without --oidc-client-id

	config  Config
	machine Machine
	said    *gate
	log     *slog.Logger
	state   *state
	doors   doors
	again   *replay.Answers
	worker  *association.Worker
	auth    *auth.Auth
	health  *ops.Health
	metrics *ops.Metrics
	handler http.Handler
	rates   rate.Limits
	tally   rate.Tally

	connections atomic.Int64       // of clients that are open
	end         context.CancelFunc // of what runs for as long as the node is open
}

// Open makes a node that listens already and serves when Serve is called. Close ends it. What is wrong with
// cfg is Invalid.
func Open(ctx context.Context, cfg Config, m Machine) (*Node, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	var again *replay.Answers
	var lane reply.Lane
	if cfg.TLSCert == "" { // else nobody could read the requests
		again = replay.New(m.Now)
		lane = cfg.connections(m.Now).Lane(again)
	}
	d, err := cfg.listen(lane)
	if err != nil {
		return nil, err
	}
	s, err := awaitState(ctx, cfg.Stores, m)
	if err != nil {
		cfg.newLog(m.Err).DebugContext(ctx, "the stores do not open", "error", err)
		return nil, errors.Join(err, d.Close())
	}
	m.Clock = s.clock.Now
	said := newGate(m.Err)
	n := &Node{
		config: cfg, machine: m, said: said, log: cfg.newLog(said), state: s, doors: d, again: again, Keys: s.keys,
	}
	if err := n.furnish(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// URL is where the node listens, such as http://127.0.0.1:8080.
func (n *Node) URL() string { return n.doors.url }

// WriteLog writes what has been logged and is held back for a moment.
func (n *Node) WriteLog() { _ = n.said.flush() } // a log that cannot be written disturbs nobody

// Close frees what Open took. A node that serves is ended by Serve's context first.
func (n *Node) Close() error {
	if n.end != nil {
		n.end()
	}
	err := errors.Join(n.doors.Close(), n.state.Close())
	n.WriteLog()
	return err
}

// furnish chooses the implementations and puts them together.
func (n *Node) furnish() error {
	if err := n.store(); err != nil {
		return err
	}
	n.associate()
	return n.speak()
}

// store makes the upload engine, and the tally, which needs sweeping as it does.
func (n *Node) store() error {
	name, err := storage.DrawBase62(n.machine.Random, 8)
	if err != nil {
		return err
	}
	rows := ledger.New(n.state.db)
	n.tally = tally.New(n.state.db)
	n.Engine = storage.NewEngine(storage.Config{
		Ledger: rows, Trash: rows, Blobs: n.state.blobs, Node: name,
		Clock: n.machine.Clock, Random: n.machine.Random, Limits: n.config.Limits(), Judge: n.judge,
	})
	return nil
}

// judge lets only pictures of the declared type be complete.
func (n *Node) judge(u storage.Upload) error {
	return imaging.Formats{HEIF: n.machine.HEIF != nil}.Verdict(u.Type, u.Head)
}

// associate makes the service and the worker of photos.
func (n *Node) associate() {
	rows, pictures := ledger.New(n.state.db), album.New(n.state.db)
	n.Directory = directory.New(n.state.db, n.machine.Clock, n.machine.Random)
	cfg := association.Config{
		Album: pictures, Queue: pictures, Directory: n.Directory, Register: n.Directory, HEIF: n.machine.HEIF,
		People: n.Directory, Identities: n.Directory, Audit: n.Directory, Versions: pictures, Uploads: rows,
		Secrets: n.Directory,
		Tx:      n.state.db, Originals: n.Engine,
		Blobs: n.state.blobs, Holds: rows, Trash: rows, Clock: n.machine.Clock, Random: n.machine.Random,
		Log: n.log, Limits: n.config.photoLimits(), Sessions: n.config.sessionLimits(),
	}
	n.worker = association.NewWorker(cfg)
	cfg.Wake, cfg.Make = n.worker.Wake, association.NewMaker(n.worker).Make
	n.Photos = association.NewService(cfg)
}

func (c Config) photoLimits() association.Limits {
	l := association.DefaultLimits(runtime.GOMAXPROCS(0))
	l.Closed = c.Directory == "closed"
	l.MaxPhoto, l.Picture.Bytes = int64(c.MaxPhoto), int64(c.MaxPhoto)
	l.Retention, l.Cache = time.Duration(c.Retention), int64(c.PhotoCache)
	l.Memory = int64(c.PhotoMemory)
	l.Sizes, l.Audit = c.Sizes, time.Duration(c.AuditRetention)
	return l
}

// pages makes what people look at.
func (n *Node) pages() (*page.Handler, error) {
	sealer, err := auth.NewSealer(n.Keys, "sign-in")
	if err != nil {
		return nil, err
	}
	pages, err := page.New(page.Config{
		Public: n.config.public(), People: n.Photos, Auth: n.auth, Issuer: n.Provider, Sealer: sealer,
		MaxPhoto: n.Photos.Limits.MaxPhoto,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the pages cannot be made")
	}
	return pages, nil
}

func (c Config) sessionLimits() association.SessionLimits {
	l := association.DefaultSessionLimits()
	l.Life, l.Idle = time.Duration(c.SessionLife), time.Duration(c.SessionIdle)
	return l
}

// speak makes what answers requests.
func (n *Node) speak() error {
	if err := n.recognize(); err != nil {
		return err
	}
	n.health = ops.NewHealth(n.machine.Now,
		n.watched("database", n.state.db.Check), n.watched("blobs", n.state.blobs.Check))
	n.metrics = ops.NewMetrics()
	n.rates = n.config.rates(n.state.db.Engine(), n.machine.Clock)
	cfg := n.config.connections(n.machine.Now)
	parts, err := n.dialects(cfg.Pace)
	if err != nil {
		return err
	}
	n.handler = server.New(cfg, parts)
	return nil
}

// connections says what a connection may take.
func (c Config) connections(now func() time.Time) server.Config {
	cfg := server.Default(now)
	cfg.MaxOpen = c.MaxOpen
	for _, p := range c.TrustedProxy {
		cfg.TrustedProxies = append(cfg.TrustedProxies, netip.Prefix(p))
	}
	cfg.Pace.Idle, cfg.Pace.MinRate = time.Duration(c.IdleTimeout), int64(c.MinRate)
	return cfg
}

// recognize makes what says who makes a request.
func (n *Node) recognize() error {
	alive, end := context.WithCancel(context.Background())
	n.end = end
	verifier, err := n.config.newVerifier(alive, n.Keys, n.machine, func(err error) {
		n.log.WarnContext(alive, "the issuer's keys could not be fetched", "error", err)
	})
	if err != nil {
		return err
	}
	n.Provider = auth.NewProvider(verifier, n.machine.Random)
	n.auth, err = n.config.newAuth(n.Keys, verifier, n.Photos)
	return err
}

// dialects makes a handler for each kind of client.
func (n *Node) dialects(pace reply.Pace) (server.Parts, error) {
	urls, err := auth.NewURLSigner(n.Keys, n.machine.Clock, time.Duration(n.config.PhotoURLs))
	if err != nil {
		return server.Parts{}, err
	}
	pages, err := n.pages()
	if err != nil {
		return server.Parts{}, err
	}
	uploads, err := n.uploads(pace)
	if err != nil {
		return server.Parts{}, err
	}
	connect, err := n.connect(urls, pace)
	if err != nil {
		return server.Parts{}, err
	}
	methods, err := n.methods(pace, urls)
	if err != nil {
		return server.Parts{}, err
	}
	return server.Parts{
		Tus:     uploads,
		Uploads: n.resumable(pace),
		Connect: connect,
		Auth:    n.auth,
		Gigya:   methods,
		Igloo: igloo.New(igloo.Config{
			Engine: n.Engine, Photos: n.Photos, Auth: n.auth, Clock: n.machine.Clock, Pace: pace,
			Finish: n.finish,
		}),
		Photos: photos.New(photos.Config{
			Photos: n.Photos, Auth: n.auth, Members: n.config.Photos == "members", URLs: urls,
			Again: n.again,
		}),
		People:   people.New(people.Config{People: n.Photos, Auth: n.auth}),
		Sessions: sessions.New(sessions.Config{People: n.Photos, Auth: n.auth}),
		Page:     pages,
		Health:   n.health, Metrics: n.metrics, Log: n.log, Random: n.machine.Random, Rates: n.rates,
		Again: n.again,
	}, nil
}
