package boot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cameo/association"
	"cameo/server/auth/authtest"
	"cameo/server/boot"
	"cameo/storage/fault"
)

const jane association.GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

// atIssuer is a new instance's configuration with an issuer at which people sign in.
func atIssuer(t *testing.T, issuer *authtest.Issuer, flags ...string) boot.Config {
	t.Helper()
	data := t.TempDir()
	return configured(t, append([]string{
		"--data=" + data, "--listen=127.0.0.1:0", "--ops-listen=off", "--jwt-issuer=" + issuer.URL,
		"--oidc-client-id=" + authtest.ClientID,
	}, flags...)...)
}

func opened(t *testing.T, c boot.Config) *boot.Node {
	t.Helper()
	node, err := boot.Open(t.Context(), c, boot.ThisMachine(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	})
	return node
}

// signsIn is nil if somebody can sign in at the node's issuer.
func signsIn(t *testing.T, n *boot.Node, issuer *authtest.Issuer) error {
	t.Helper()
	issuer.SignIn(map[string]any{"sub": string(jane), "roles": []string{"chief", "staff=x", "else"}})
	address, pending, err := n.Provider.Begin(t.Context(), n.URL()+"/back")
	if err != nil {
		return err
	}
	who, err := n.Provider.Finish(t.Context(), issuer.Visit(address).Query(), pending)
	if err == nil && (who.GUID != jane || !who.Administers(2) || who.Administers(1) || !who.Member(1)) {
		t.Errorf("got %+v, want jane, who administers 2 and is a member of 1", who)
	}
	return err
}

func TestPeopleSignInWithTheSecretOfAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(authtest.ClientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer := authtest.NewIssuer(t)
	c := atIssuer(t, issuer, "--oidc-client-secret-file="+file, "--claim-admin=roles", "--admin-role=chief=2",
		"--claim-communities=roles", "--member-role=staff=x=1")
	if err := signsIn(t, opened(t, c), issuer); err != nil {
		t.Error(err)
	}
}

func TestPeopleSignInWithTheSecretOfAVariable(t *testing.T) {
	t.Setenv("CAMEO_OIDC_CLIENT_SECRET", authtest.ClientSecret)
	issuer := authtest.NewIssuer(t)
	c := atIssuer(t, issuer, "--claim-admin=roles", "--admin-role=chief=2", "--claim-communities=roles",
		"--member-role=staff=x=1")
	if err := signsIn(t, opened(t, c), issuer); err != nil {
		t.Error(err)
	}
	c.OIDCClientSecretFile = filepath.Join(t.TempDir(), "another")
	_, err := boot.Open(t.Context(), c, boot.ThisMachine(t.Output()))
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "not both") {
		t.Errorf("two secrets: got %v, want Invalid", err)
	}
}

func TestWithoutTheSecretNobodySignsIn(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	node := opened(t, atIssuer(t, issuer))
	if err := signsIn(t, node, issuer); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	without := configured(t, "--data="+t.TempDir(), "--listen=127.0.0.1:0", "--ops-listen=off")
	if node := opened(t, without); node.Provider != nil {
		t.Error("there is a provider without a client")
	}
}

func TestSecretsFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "a line": "\n", "long": strings.Repeat("s", 5000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	issuer := authtest.NewIssuer(t)
	for _, name := range []string{"empty", "a line", "long", "missing", "."} {
		c := atIssuer(t, issuer, "--oidc-client-secret-file="+filepath.Join(dir, name))
		_, err := boot.Open(t.Context(), c, boot.ThisMachine(t.Output()))
		if !fault.Is(err, fault.Invalid) || strings.Contains(fault.Public(err).Message, dir) {
			t.Errorf("%s: got %v, want Invalid without the path", name, err)
		}
	}
}

func TestDoctorAsksTheIssuer(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	c := atIssuer(t, issuer)
	if err := opened(t, c).Close(); err != nil {
		t.Fatal(err)
	}
	for _, down := range []bool{false, true} {
		issuer.SetDown(down)
		found := false
		for _, finding := range boot.Doctor(t.Context(), c, boot.ThisMachine(t.Output())) {
			found = found || finding.Name == "issuer"
			if finding.Name == "issuer" && (finding.Wrong != nil) != down {
				t.Errorf("down %v: got %v", down, finding.Wrong)
			}
		}
		if !found {
			t.Errorf("down %v: the doctor says nothing of the issuer", down)
		}
	}
}
