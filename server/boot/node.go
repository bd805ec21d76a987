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

	config  Config
	machine Machine
	said    *gate
	log     *slog.Logger
	state   *state
	doors   doors
	worker  *association.Worker
	auth    *auth.Auth
	health  *ops.Health
	metrics *ops.Metrics
	handler http.Handler

	connections atomic.Int64       // of clients that are open
	end         context.CancelFunc // of what runs for as long as the node is open
}

// Open makes a node that listens already and serves when Serve is called. Close ends it. What is wrong with
// cfg is Invalid.
func Open(ctx context.Context, cfg Config, m Machine) (*Node, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	d, err := cfg.listen()
	if err != nil {
		return nil, err
	}
	s, err := awaitState(ctx, cfg.Stores, m)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	m.Clock = s.clock.Now
	said := &gate{to: m.Err}
	n := &Node{config: cfg, machine: m, said: said, log: cfg.newLog(said), state: s, doors: d, Keys: s.keys}
	if err := n.furnish(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// URL is where the node listens, such as http://127.0.0.1:8080.
func (n *Node) URL() string { return n.doors.url }

// Close frees what Open took. A node that serves is ended by Serve's context first.
func (n *Node) Close() error {
	if n.end != nil {
		n.end()
	}
	return errors.Join(n.doors.Close(), n.state.Close())
}

// furnish chooses the implementations and puts them together.
func (n *Node) furnish() error {
	if err := n.store(); err != nil {
		return err
	}
	n.associate()
	return n.speak()
}

// store makes the upload engine.
func (n *Node) store() error {
	name, err := storage.DrawBase62(n.machine.Random, 8)
	if err != nil {
		return err
	}
	rows := ledger.New(n.state.db)
	n.Engine = storage.NewEngine(storage.Config{
		Ledger: rows, Trash: rows, Blobs: n.state.blobs, Node: name,
		Clock: n.machine.Clock, Random: n.machine.Random, Limits: n.config.Limits(), Judge: judge,
	})
	return nil
}

// judge lets only pictures of the declared type be complete.
func judge(u storage.Upload) error { return imaging.Verdict(u.Type, u.Head) }

// associate makes the service and the worker of photos.
func (n *Node) associate() {
	rows, pictures := ledger.New(n.state.db), album.New(n.state.db)
	n.Directory = directory.New(n.state.db, n.machine.Clock, n.machine.Random)
	cfg := association.Config{
		Album: pictures, Queue: pictures, Directory: n.Directory, Register: n.Directory,
		People: n.Directory, Identities: n.Directory, Audit: n.Directory, Versions: pictures, Uploads: rows,
		Tx: n.state.db, Originals: n.Engine,
		Blobs: n.state.blobs, Holds: rows, Trash: rows, Clock: n.machine.Clock, Random: n.machine.Random,
		Log: n.log, Limits: n.config.photoLimits(), Sessions: association.DefaultSessionLimits(),
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
	l.Sizes, l.Audit = c.Sizes, time.Duration(c.AuditRetention)
	return l
}

// speak makes what answers requests.
func (n *Node) speak() error {
	alive, end := context.WithCancel(context.Background())
	n.end = end
	var err error
	if n.auth, err = n.config.newAuth(alive, n.Keys, n.Photos, n.machine, n.log); err != nil {
		return err
	}
	urls, err := auth.NewURLSigner(n.Keys, n.machine.Clock, time.Duration(n.config.PhotoURLs))
	if err != nil {
		return err
	}
	public := ""
	if len(n.config.PublicURL) > 0 {
		public = string(n.config.PublicURL[0])
	}
	pages, err := page.New(public)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the pages cannot be made")
	}
	n.health = ops.NewHealth(n.machine.Now,
		n.watched("database", n.state.db.Check), n.watched("blobs", n.state.blobs.Check))
	n.metrics = ops.NewMetrics()
	cfg := server.Default(n.machine.Now)
	for _, p := range n.config.TrustedProxy {
		cfg.TrustedProxies = append(cfg.TrustedProxies, netip.Prefix(p))
	}
	cfg.Pace.Idle, cfg.Pace.MinRate = time.Duration(n.config.IdleTimeout), int64(n.config.MinRate)
	n.handler = server.New(cfg, server.Parts{
		Auth: n.auth,
		Igloo: igloo.New(igloo.Config{
			Engine: n.Engine, Photos: n.Photos, Auth: n.auth, Clock: n.machine.Clock, Pace: cfg.Pace,
		}),
		Photos: photos.New(photos.Config{
			Photos: n.Photos, Auth: n.auth, Members: n.config.Photos == "members", URLs: urls,
		}),
		People: people.New(people.Config{People: n.Photos, Auth: n.auth}),
		Page:   pages,
		Health: n.health, Metrics: n.metrics, Log: n.log, Random: n.machine.Random,
	})
	return nil
}
