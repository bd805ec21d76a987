package boot

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"cameo/association"
)

// demo is the person of the hints where nobody is known to administer.
const demo = "0f5f4d3c-7a53-4f4d-9f0e-5f0c6f1a2b3c"

// hints say how to try the node that runs, ready to be pasted into a shell; "" when nobody asked. They give
// the photo to the administrator, if one is known: who signs in by the invitation finds it on the page.
func (n *Node) hints(administrator association.GUID) (string, error) {
	if !n.config.Hints {
		return "", nil
	}
	person, whom := cmp.Or(string(administrator), demo), demo
	if administrator != "" {
		whom = "the administrator, who signs in by the link above"
	}
	token, err := Token(n.config.Stores, Grant{Community: "1", User: person, For: 24 * time.Hour}, n.machine)
	if err != nil {
		return "", err
	}
	data := word(n.config.Data)
	if n.config.Keys != "" {
		data += " --keys " + word(n.config.Keys)
	}
	text := transcript
	if n.config.Directory == "closed" && administrator == "" {
		text = admission + transcript
	}
	return strings.NewReplacer(
		"{URL}", n.URL(), "{TOKEN}", token, "{PERSON}", person, "{WHOM}", whom, "{DATA}", data,
		"{CAMEO}", word(cmp.Or(n.machine.Program, "cameo")),
	).Replace(text), nil
}

// word writes text as one word of a shell's line.
func word(text string) string {
	if plain, err := regexp.MatchString(`^[\w@%+=:,./-]+$`, text); plain && err == nil {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// admission lets the person of the hints in where the directory is closed. Addresses of stores are not
// repeated: there may be secrets in them.
const admission = `
The directory is closed: add the person first, with the --database and --blobs of this instance if it has any.

  echo 'choose a better one' |
      {CAMEO} user add --data {DATA} --community 1 --user {PERSON} --name demo --password-stdin
`

// transcript uploads, asks, associates, and fetches the original, and the square when it has been made. Its
// first failure ends it with the reason, and not the shell that it is pasted into.
const transcript = `
The page is {URL}/ and a token is made by

  {CAMEO} token --data {DATA} --community 1 --user {PERSON}

Paste this where a JPEG named photo.jpg lies. It becomes the photo of {WHOM};
the token in it is good for a day:

  T={TOKEN}
  A={URL}/.api2/api/v1/communities/1/attachments
  P={URL}/v1/communities/1/users/{PERSON}/photo
  (
  set -e
  N=$(wc -c <photo.jpg | tr -d ' ')
  curl -sS --fail-with-body -D created.txt -H "Authorization: Bearer $T" -H 'Content-Type: application/json' \
      -d "{\"Name\":\"photo.jpg\",\"ContentType\":\"image/jpeg\",\"ContentLength\":$N}" $A; echo
  K=$(tr -d '\r' <created.txt | sed -n 's/^[Ll]ocation: .*\///p')
  curl -sS --fail-with-body -X PATCH -H "Authorization: Bearer $T" -H 'Content-Type: image/jpeg' \
      -H "Content-Range: bytes 0-$((N-1))/$N" --data-binary @photo.jpg $A/uploads/$K; echo
  curl -sS --fail-with-body -X PATCH -H "Authorization: Bearer $T" -H 'Content-Length: 0' \
      -H "Content-Range: bytes */$N" $A/uploads/$K; echo
  curl -sS --fail-with-body -X POST -H "Authorization: Bearer $T" \
      "$A/$K/association/{PERSON}?type=ProfilePhoto"; echo
  curl -sS --fail-with-body -H "Authorization: Bearer $T" -o copy.jpg \
      {URL}/.api2/binaries/$K/download/photo.jpg
  cmp photo.jpg copy.jpg; echo the same bytes
  for i in 1 2 3 4 5; do curl -sS -H 'Accept: application/json' $P | grep ready && break; sleep 1; done
  curl -sS --fail-with-body -o square.jpg "$P?size=256&default=404"; echo "the photo is $P"
  )

Or in one line: CAMEO_TOKEN=$T {CAMEO} put photo.jpg --server {URL} --associate {PERSON}

`
