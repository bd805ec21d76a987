package s3test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/blobs/s3"
)

// What every server is told to accept.
const (
	Access = "cameo-tests"
	Secret = "cameo-tests-secret"
	Bucket = "cameo"
	Region = "us-east-1"
)

// Server is a running S3 server with an empty bucket.
type Server struct {
	Endpoint string // http://127.0.0.1:PORT
	Dir      string // all that it has written
	pid      int
	stdin    io.Closer // its end is the server's
	waited   func() error
}

// Shared returns the test process's one server of a kind, which ends with the process. Its bucket is used by
// other tests too: take a Config's prefix.
func Shared(tb testing.TB, k Kind) *Server {
	tb.Helper()
	notShort(tb)
	server, err := shared[k]()
	if err != nil {
		absent(tb, err)
	}
	return server
}

// shared starts each server once, at its first use.
var shared = map[Kind]func() (*Server, error){
	MinIO:     sync.OnceValues(func() (*Server, error) { return start(MinIO, nil) }),
	VersityGW: sync.OnceValues(func() (*Server, error) { return start(VersityGW, nil) }),
}

// Start returns a server for one test alone, which may freeze it, with more settings of the kind's own,
// NAME=value. It ends with the test.
func Start(tb testing.TB, k Kind, settings ...string) *Server {
	tb.Helper()
	notShort(tb)
	server, err := start(k, settings)
	if err != nil {
		absent(tb, err)
	}
	tb.Cleanup(func() {
		server.stdin.Close()
		_ = server.waited()
	})
	return server
}

// Config is a store of this server's bucket under a prefix that nobody else has.
func (s *Server) Config(tb testing.TB) s3.Config {
	tb.Helper()
	prefix, err := storage.DrawBase62(rand.Reader, 12)
	if err != nil {
		tb.Fatal(err)
	}
	return s3.Config{
		Bucket: Bucket, Prefix: prefix, Endpoint: s.Endpoint, PathStyle: true, Region: Region,
		Random: rand.Reader, Credentials: credentials.NewStaticCredentialsProvider(Access, Secret, ""),
	}
}

// Freeze stops the server's process: its connections stay open and nothing answers.
func (s *Server) Freeze(tb testing.TB) { s.signal(tb, syscall.SIGSTOP) }

// Thaw lets it go on.
func (s *Server) Thaw(tb testing.TB) { s.signal(tb, syscall.SIGCONT) }

func (s *Server) signal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	if err := syscall.Kill(s.pid, signal); err != nil {
		tb.Fatalf("%v: %v", signal, err)
	}
}

// The shell between us and the server kills it, and removes its folder, when our end of the pipe is closed:
// that happens however this process ends. Its first line is the server's process id.
const keeper = `dir=$1; shift
"$@" >"$dir/log" 2>&1 </dev/null & echo $!
cat >/dev/null
kill -9 $!; wait $! 2>/dev/null
rm -rf "$dir"`

func start(k Kind, settings []string) (*Server, error) {
	program, err := k.program()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "cameo-"+string(k)+"-")
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		return nil, err
	}
	arguments := append([]string{"-c", keeper, "keeper", dir}, k.command(program, dir, address)...)
	shell := exec.Command("sh", arguments...)
	shell.Env = append(k.environment(dir), settings...)
	stdin, err1 := shell.StdinPipe()
	stdout, err2 := shell.StdoutPipe()
	if err := errors.Join(err1, err2, shell.Start()); err != nil {
		return nil, err
	}
	server := &Server{Endpoint: "http://" + address, Dir: dir, stdin: stdin, waited: shell.Wait}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		server.pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	if err == nil {
		err = server.makeBucket()
	}
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		stdin.Close()
		return nil, fmt.Errorf("%s does not start: %w\n%s", k, err, log)
	}
	return server, nil
}

// makeBucket waits until the server answers, by making its bucket.
func (s *Server) makeBucket() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := s.Client(http.DefaultClient)
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for {
		_, err := client.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String(Bucket)})
		if err == nil {
			return nil
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return err
		}
	}
}

// Client is the SDK's own client of this server, for what a test does behind the store's back.
func (s *Server) Client(transport awss3.HTTPClient) *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: &s.Endpoint, UsePathStyle: true, Region: Region, HTTPClient: transport,
		Credentials: credentials.NewStaticCredentialsProvider(Access, Secret, ""),
	})
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
