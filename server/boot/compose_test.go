package boot_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"

	"cameo/server/boot"
)

// No container engine runs in these tests. They read docker-compose.yml as docker compose does, and hold it and what
// it builds to what docs/deploy.md promises.

// secret matches names of variables that hold one.
var secret = regexp.MustCompile(`PASSWORD|SECRET|MC_HOST`)

// oidcSecret is the one secret that a deployment may do without, and the one variable that is no setting's.
const oidcSecret = "CAMEO_OIDC_CLIENT_SECRET"

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filled is .env.example with all that is empty in it filled in, each secret with another text.
func filled(t *testing.T) map[string]string {
	t.Helper()
	env, err := dotenv.Parse(strings.NewReader(deployed(t, ".env.example")))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range env {
		if value != "" {
			t.Errorf(".env.example: %s has a value: whoever copies the file must choose one", name)
		}
		env[name] = "the-" + strings.ToLower(name)
	}
	env["CAMEO_PUBLIC_URL"] = "https://photos.example.com"
	return env
}

func compose(ctx context.Context, t *testing.T, env map[string]string) (*types.Project, error) {
	t.Helper()
	top := root(t)
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir: top, Environment: env,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(top, "docker-compose.yml")}},
	})
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := compose(t.Context(), t, filled(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// oneShot says whether others wait for the service's end.
func oneShot(p *types.Project, name string) bool {
	for _, s := range p.Services {
		if s.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			return true
		}
	}
	return false
}

func TestComposeRefusesToStartWithoutEachOfItsSecrets(t *testing.T) {
	t.Parallel()
	if _, err := compose(t.Context(), t, nil); err == nil {
		t.Error("it starts without .env")
	}
	for name := range filled(t) {
		for _, value := range []string{"", "absent"} {
			env := filled(t)
			env[name] = value
			if value == "absent" {
				delete(env, name)
			}
			_, err := compose(t.Context(), t, env)
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "in .env") {
				t.Errorf("%s=%q: got %v, want a sentence that names it and the file", name, value, err)
			}
		}
	}
}

func TestComposeHasNoDefaultSecret(t *testing.T) {
	t.Parallel()
	var raw map[string]any
	if err := yaml.Unmarshal([]byte(deployed(t, "docker-compose.yml")), &raw); err != nil {
		t.Fatal(err)
	}
	env := filled(t)
	for name, v := range template.ExtractVariables(raw, template.DefaultPattern) {
		_, asked := env[name]
		if asked != v.Required || asked && v.DefaultValue != "" {
			t.Errorf("%s: .env.example has it: %v, required: %v, default %q", name, asked, v.Required, v.DefaultValue)
		}
	}
	env[oidcSecret] = "the-issuer's"
	given := slices.Collect(maps.Values(env))
	p, err := compose(t.Context(), t, env)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range p.Services {
		for variable, value := range s.Environment {
			from := func(g string) bool { return value != nil && strings.Contains(*value, g) }
			if secret.MatchString(variable) && !slices.ContainsFunc(given, from) {
				t.Errorf("%s: %s is not what .env says", name, variable)
			}
		}
		for _, word := range slices.Concat(s.Command, s.Entrypoint) {
			if strings.Contains(word, "the-") {
				t.Errorf("%s: a secret is an argument, which all processes can see", name)
			}
		}
	}
}

// What .env.example offers in a comment reaches the nodes when it is given, and is absent when it is not.
func TestComposeHandsOnWhatIsOptional(t *testing.T) {
	t.Parallel()
	without, env, offered := project(t), filled(t), map[string]bool{}
	for line := range strings.Lines(deployed(t, ".env.example")) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range regexp.MustCompile(`CAMEO_[A-Z_]+`).FindAllString(line, -1) {
			offered[name], env[name] = true, "given "+name
		}
	}
	if !offered[oidcSecret] || len(offered) < 20 {
		t.Fatalf("got %d variables that .env.example offers: %v", len(offered), offered)
	}
	with, err := compose(t.Context(), t, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range []string{"cameo1", "cameo2", "prepare"} {
		for name := range offered {
			if got := with.Services[node].Environment[name]; got == nil || *got != env[name] {
				t.Errorf("%s: %s is not handed on", node, name)
			}
			if got := without.Services[node].Environment[name]; got != nil {
				t.Errorf("%s: %s is %q though nobody gave it", node, name, *got)
			}
		}
	}
}

func TestComposeSetsOnlyVariablesThatThereAre(t *testing.T) {
	t.Parallel()
	known := append(settings(reflect.TypeFor[boot.Config]()), oidcSecret)
	if len(known) < 20 {
		t.Fatalf("got %d variables of boot.Config: %v", len(known), known)
	}
	nodes := 0
	for name, s := range project(t).Services {
		for variable := range s.Environment {
			if strings.HasPrefix(variable, "CAMEO_") && !slices.Contains(known, variable) {
				t.Errorf("%s: there is no %s", name, variable)
			}
		}
		if s.Image == "cameo:local" {
			nodes++
		}
	}
	if nodes != 3 {
		t.Errorf("got %d services that run cameo, want two nodes and what prepares them", nodes)
	}
	for _, name := range regexp.MustCompile(`CAMEO_[A-Z_]+`).FindAllString(
		deployed(t, ".env.example")+deployed(t, "deploy/Dockerfile")+deployed(t, "deploy/systemd/cameo.service"), -1) {
		if !slices.Contains(known, name) {
			t.Errorf("there is no %s", name)
		}
	}
}

// settings are the variables of a struct's fields, and of those of what it embeds.
func settings(t reflect.Type) []string {
	var all []string
	for f := range t.Fields() {
		if f.Anonymous {
			all = append(all, settings(f.Type)...)
		} else if name := f.Tag.Get("env"); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// What a node may take by its settings, and what it needs besides, has room below the limit at which it would be
// ended. So has a unit's.
func TestLimitsHoldWhatANodeMayTake(t *testing.T) {
	t.Parallel()
	node := project(t).Services["cameo1"]
	if memory := node.Environment["CAMEO_MEMORY"]; memory == nil || *memory != defaultOf(t, "CAMEO_MEMORY") {
		t.Fatal("the nodes' CAMEO_MEMORY is not the default: then this test needs to know it")
	}
	unit := deployed(t, "deploy/systemd/cameo.service")
	find := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(unit)
		if found == nil {
			t.Fatalf("the unit has no %s", pattern)
		}
		return found[1]
	}
	need := bytesOf(t, defaultOf(t, "CAMEO_MEMORY")) + bytesOf(t, defaultOf(t, "CAMEO_PHOTO_MEMORY")) + 168<<20
	for name, limits := range map[string][2]int64{
		"docker-compose.yml": {
			bytesOf(t, *node.Environment["GOMEMLIMIT"]), int64(node.Deploy.Resources.Limits.MemoryBytes),
		},
		"cameo.service": {bytesOf(t, find("GOMEMLIMIT=(.*)")), bytesOf(t, find("MemoryMax=(.*)")+"iB")},
	} {
		if soft, hard := limits[0], limits[1]; need > soft || soft+64<<20 > hard {
			t.Errorf("%s: it may take %d bytes, the collector aims below %d, and it is ended at %d", name, need, soft, hard)
		}
	}
}

// defaultOf is the default of the setting that has a variable.
func defaultOf(t *testing.T, variable string) string {
	t.Helper()
	for f := range reflect.TypeFor[boot.Config]().Fields() {
		if f.Tag.Get("env") == variable {
			return f.Tag.Get("default")
		}
	}
	t.Fatalf("there is no %s", variable)
	return ""
}

func bytesOf(t *testing.T, text string) int64 {
	t.Helper()
	var n boot.ByteSize
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return int64(n)
}

// Two nodes are one deployment when they have the same stores and keys.
func TestComposeRunsTwoNodesOfOneDeployment(t *testing.T) {
	t.Parallel()
	p := project(t)
	one, two := p.Services["cameo1"], p.Services["cameo2"]
	if !reflect.DeepEqual(one.Environment, two.Environment) || !reflect.DeepEqual(one.Volumes, two.Volumes) {
		t.Error("the nodes have not the same settings and volumes")
	}
	for _, name := range []string{"CAMEO_DATABASE", "CAMEO_BLOBS", "CAMEO_KEYS"} {
		if one.Environment[name] == nil {
			t.Fatalf("the nodes have no %s", name)
		}
	}
	s := boot.Stores{
		Data:     "data",
		Database: *one.Environment["CAMEO_DATABASE"], Blobs: *one.Environment["CAMEO_BLOBS"], Keys: "keys",
	}
	if err := s.Check(); err != nil {
		t.Errorf("cameo refuses the addresses of its stores: %v", err)
	}
	if len(one.Volumes) != 1 || !strings.HasPrefix(*one.Environment["CAMEO_KEYS"], one.Volumes[0].Target+"/") {
		t.Errorf("the keys %s are not in the volume %v", *one.Environment["CAMEO_KEYS"], one.Volumes)
	}
	upstreams := strings.Fields(*p.Services["caddy"].Environment["UPSTREAMS"])
	if want := []string{"cameo1:8080", "cameo2:8080"}; !slices.Equal(upstreams, want) {
		t.Errorf("caddy: got %v, want %v", upstreams, want)
	}
	door := p.Services["caddy"].Networks["front"]
	if got := *one.Environment["CAMEO_TRUSTED_PROXY"]; door == nil || got != door.Ipv4Address+"/32" {
		t.Errorf("the nodes trust %s, want caddy's address only", got)
	}
}

func TestComposeConfinesEachService(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if (len(s.Ports) > 0) != (name == "caddy") {
				t.Errorf("publishes %d ports; only caddy may, and must", len(s.Ports))
			}
			checked := s.HealthCheck != nil && !s.HealthCheck.Disable && len(s.HealthCheck.Test) > 0
			if once := oneShot(p, name); checked == once || once != (s.Restart == "no") {
				t.Errorf("health check: %v, restart: %q, others wait for its end: %v", checked, s.Restart, once)
			}
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 || s.Privileged ||
				!slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
				t.Error("it may do more than it must")
			}
			if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 ||
				s.Deploy.Resources.Limits.Pids == 0 {
				t.Error("it has no limit of memory or of processes")
			}
			if s.Logging == nil || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
				t.Error("its log grows without bound")
			}
			if len(s.Networks) == 0 || s.NetworkMode != "" {
				t.Error("it is in no network of its own choice")
			}
		})
	}
	if !bool(p.Networks["back"].Internal) {
		t.Error("the stores' network reaches outside")
	}
	if _, ok := p.Services["caddy"].Networks["back"]; ok {
		t.Error("caddy reaches the stores")
	}
}

// pinned matches a version that does not move on by itself: two numbers with a dot at least.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?(@sha256:[0-9a-f]{64})?$`)

func TestComposeBuildsFromWhatIsPinned(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if s.Build == nil {
			if !pinned.MatchString(s.Image) {
				t.Errorf("%s: the image %s is not pinned", name, s.Image)
			}
			if s.User == "" || strings.HasPrefix(s.User, "0") {
				t.Errorf("%s: the user is %q, want one that is not root", name, s.User)
			}
			continue
		}
		text := deployed(t, s.Build.Dockerfile)
		stages := map[string]bool{"scratch": true}
		for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)(?: AS (\S+))?$`).FindAllStringSubmatch(text, -1) {
			if !stages[from[1]] && !pinned.MatchString(from[1]) {
				t.Errorf("%s: %s is not pinned", s.Build.Dockerfile, from[1])
			}
			stages[from[2]] = true
		}
		users := regexp.MustCompile(`(?m)^USER (\S+)$`).FindAllStringSubmatch(text, -1)
		if len(users) == 0 || users[len(users)-1][1] != "65532:65532" || s.User != "" {
			t.Errorf("%s: it does not end as a user who is not root", s.Build.Dockerfile)
		}
		for _, copied := range regexp.MustCompile(`(?m)^COPY ((?:deploy/\S+ )+)`).FindAllStringSubmatch(text, -1) {
			for _, file := range strings.Fields(copied[1]) {
				deployed(t, file)
			}
		}
	}
}
