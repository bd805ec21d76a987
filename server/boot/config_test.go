package boot_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"cameo/server/boot"
	"cameo/storage/fault"
)

// configured is what the flags make of an otherwise empty environment.
func configured(t *testing.T, flags ...string) boot.Config {
	t.Helper()
	var line struct {
		Config boot.Config `embed:""`
	}
	parser, err := kong.New(&line)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(flags); err != nil {
		t.Fatal(err)
	}
	return line.Config
}

func TestConfigIsJudged(t *testing.T) {
	t.Parallel()
	issuer := []string{"--jwt-issuer=https://id.example", "--jwt-audience=cameo", "--jwks-url=https://id.example/keys"}
	for _, c := range []struct {
		name  string
		flags []string
		wrong string // what the sentence begins with; "" when all is well
	}{
		{"nothing said", nil, ""},
		{"any port of this machine", []string{"--listen=[::1]:0"}, ""},
		{"this machine by name", []string{"--listen=localhost:0"}, ""},
		{"all machines, an issuer", append(issuer, "--listen=0.0.0.0:80"), ""},
		{"all machines, own keys", []string{"--listen=:80", "--keys=/etc/cameo/keys"}, ""},
		{"all machines, unprotected", []string{"--listen=:80"}, "--listen: :80 can be reached by other machines"},
		{"a named host, unprotected", []string{"--listen=photos:80"}, "--listen: photos:80 can be reached by other"},
		{"no port", []string{"--listen=127.0.0.1"}, "--listen: want an address"},
		{"no metrics", []string{"--ops-listen=off"}, ""},
		{"metrics nowhere", []string{"--ops-listen=on"}, "--ops-listen: want an address"},
		{"issuer alone", issuer[:1], "--jwt-issuer: want --jwt-audience"},
		{"issuer that says where its keys are", issuer[:2], ""},
		{"issuer for everybody", []string{issuer[0], issuer[2]}, "--jwt-issuer: want --jwt-audience"},
		{"issuer that is no URL", []string{"--jwt-issuer=id", issuer[1]}, "--jwt-issuer: want the URL below which"},
		{"issuer that is no URL, but its keys", []string{"--jwt-issuer=id", issuer[1], issuer[2]}, ""},
		{"sign-in at what is no URL", []string{"--jwt-issuer=id", issuer[2], "--oidc-client-id=c"}, "--jwt-issuer: want the URL"},
		{"sign-in alone", []string{issuer[0], "--oidc-client-id=c"}, ""},
		{"sign-in nowhere", []string{"--oidc-client-id=c"}, "--oidc-client-id: want --jwt-issuer"},
		{"a secret of nobody", []string{"--oidc-client-secret-file=f"}, "--oidc-client-secret-file: want --oidc-client-id"},
		{"audience alone", issuer[1:2], "--jwt-audience: want --jwt-issuer"},
		{"keys' URL alone", issuer[2:], "--jwks-url: want --jwt-issuer"},
		{"certificate alone", []string{"--tls-cert=c.pem"}, "--tls-cert: want --tls-key"},
		{"TLS key alone", []string{"--tls-key=k.pem"}, "--tls-key: want --tls-cert"},
		{"another disk", []string{"--blobs=disk:/srv/photos"}, ""},
		{"a disk without a path", []string{"--blobs=disk:"}, "--blobs: want disk:PATH, s3://BUCKET/PREFIX"},
		{"blobs nowhere", []string{"--blobs=ftp://host"}, "--blobs: want disk:PATH, s3://BUCKET/PREFIX"},
		{"S3", []string{"--blobs=s3://bucket/prefix?region=eu-1"}, ""},
		{"S3 without a bucket", []string{"--blobs=s3://"}, "--blobs: the S3 store's bucket"},
		{"S3, opaque", []string{"--blobs=s3:bucket"}, "--blobs: the address of an S3 store begins with s3://"},
		{"S3 with a slip", []string{"--blobs=s3://bucket?regoin=eu"}, "--blobs: the S3 store's parameter regoin"},
		{"PostgreSQL", []string{"--database=postgres://db/cameo"}, ""},
		{"PostgreSQL and S3", []string{"--database=postgresql://db/cameo", "--blobs=s3://bucket"}, ""},
		{"a password with an @", []string{"--database=postgres://me:se@cret@db/cameo"}, "--database: write %40 for an @"},
		{"another database", []string{"--database=mysql://root:secret@db/cameo"}, "--database: want postgres://USER"},
		{"no size at all", []string{"--max-size=0"}, "--max-size: want 1 byte"},
		{"hardly any memory", []string{"--memory=1MiB"}, "--memory: want at least 16MiB"},
		{"expires at once", []string{"--expiry=0s"}, "--expiry: want a duration above zero"},
		{"no room for a photo", []string{"--photo-memory=63MiB"}, "--photo-memory: want at least 64MiB"},
		{"no photo at all", []string{"--max-photo=0"}, "--max-photo: want 1 byte to 1GiB"},
		{"no quotas", []string{"--max-open=0", "--max-day=0", "--max-total=0"}, ""},
		{"no rates", []string{"--rate-person=off", "--rate-address=off", "--rate-misses=off"}, ""},
		{"no patience", []string{"--idle-timeout=1ms"}, "--idle-timeout: want at least 1s"},
	} {
		err := configured(t, c.flags...).Check()
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: got %v, want no error", c.name, err)
		case c.wrong != "" && (!fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), c.wrong)):
			t.Errorf("%s: got %v, want Invalid: %s", c.name, err, c.wrong)
		}
	}
}

// The document's table and the struct say the same, in the same order.
func TestTheDocumentListsEverySetting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `--") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := rows(reflect.TypeFor[boot.Config]())
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("the document lacks %s", want[i])
		case i >= len(want):
			t.Errorf("the document has more: %s", got[i])
		case got[i] != want[i]:
			t.Errorf("the document says\n%s\nthe struct\n%s", got[i], want[i])
		}
	}
}

func rows(config reflect.Type) []string {
	var all []string
	for i := range config.NumField() {
		f := config.Field(i)
		if f.Anonymous {
			all = append(all, rows(f.Type)...)
			continue
		}
		standard := "–"
		if d := f.Tag.Get("default"); d != "" {
			standard = "`" + d + "`"
		}
		value := ""
		if p := f.Tag.Get("placeholder"); p != "" {
			value = " " + strings.ReplaceAll(p, "|", "\\|")
		}
		help := strings.ReplaceAll(f.Tag.Get("help"), "|", "\\|")
		all = append(all, "| `--"+f.Tag.Get("name")+value+"` | `"+f.Tag.Get("env")+"` | "+standard+" | "+help+" |")
	}
	return all
}

// A flag's variable is the flag's name, so that nobody has to look it up.
func TestEveryFlagHasItsVariable(t *testing.T) {
	t.Parallel()
	for _, row := range rows(reflect.TypeFor[boot.Config]()) {
		flag, rest, _ := strings.Cut(strings.TrimPrefix(row, "| `--"), "`")
		flag, _, _ = strings.Cut(flag, " ")
		want := "CAMEO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		if got := strings.Split(rest, "`")[1]; got != want {
			t.Errorf("--%s: got variable %s, want %s", flag, got, want)
		}
	}
}

func TestEveryKindHasAnExitCode(t *testing.T) {
	t.Parallel()
	codes := map[fault.Kind]int{
		fault.Invalid: boot.Misuse, fault.Unauthenticated: boot.NotAllowed, fault.Forbidden: boot.NotAllowed,
		fault.NotFound: boot.NotFound, fault.Gone: boot.NotFound, fault.Cut: boot.Interrupted,
	}
	for _, k := range fault.Kinds() {
		want, special := codes[k]
		if !special {
			want = boot.Failed
		}
		if got := boot.ExitCode(fault.New(k, "it")); got != want {
			t.Errorf("%s: got exit code %d, want %d", k, got, want)
		}
	}
	if got := boot.ExitCode(nil); got != boot.Done {
		t.Errorf("no error: got exit code %d, want %d", got, boot.Done)
	}
}

func TestDefaultIsWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	if got, want := boot.Default(), configured(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
