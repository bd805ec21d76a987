package boot

import (
	"cmp"
	"regexp"
	"strings"
	"time"
)

// demo is the person of the hints.
const demo = "0f5f4d3c-7a53-4f4d-9f0e-5f0c6f1a2b3c"

// hints say how to try the node that runs, ready to be pasted into a shell; "" when nobody asked.
func (n *Node) hints() (string, error) {
	if !n.config.Hints {
		return "", nil
	}
	token, err := Token(n.config.Stores, Grant{Community: "1", User: demo, For: 24 * time.Hour}, n.machine)
	if err != nil {
		return "", err
	}
	data := word(n.config.Data)
	if n.config.Keys != "" {
		data += " --keys " + word(n.config.Keys)
	}
	text := transcript
	if n.config.Directory == "closed" {
		text = admission + transcript
	}
	return strings.NewReplacer(
		"{URL}", n.URL(), "{TOKEN}", token, "{PERSON}", demo, "{DATA}", data,
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

// transcript uploads, asks, associates, and fetches the original, and the square when it has been made.
const transcript = `
The page is {URL}/ and a token is made by

  {CAMEO} token --data {DATA} --community 1 --user {PERSON}

Paste this where a JPEG named photo.jpg lies; the token in it is good for a day:

  T={TOKEN}
  A={URL}/.api2/api/v1/communities/1/attachments
  P={URL}/v1/communities/1/users/{PERSON}/photo
  N=$(wc -c <photo.jpg | tr -d ' ')
  K=$(curl -fsS -D- -o /dev/null -H "Authorization: Bearer $T" -H 'Content-Type: application/json' \
      -d "{\"Name\":\"photo.jpg\",\"ContentType\":\"image/jpeg\",\"ContentLength\":$N}" $A |
      tr -d '\r' | sed -n 's/^[Ll]ocation: .*\///p')
  curl -fsS -X PATCH -H "Authorization: Bearer $T" -H 'Content-Type: image/jpeg' \
      -H "Content-Range: bytes 0-$((N-1))/$N" --data-binary @photo.jpg $A/uploads/$K; echo
  curl -fsS -X PATCH -H "Authorization: Bearer $T" -H 'Content-Length: 0' \
      -H "Content-Range: bytes */$N" $A/uploads/$K; echo
  curl -fsS -X POST -H "Authorization: Bearer $T" "$A/$K/association/{PERSON}?type=ProfilePhoto"; echo
  curl -fsS -H "Authorization: Bearer $T" -o copy.jpg {URL}/.api2/binaries/$K/download/photo.jpg
  cmp photo.jpg copy.jpg && echo the same bytes
  for i in 1 2 3 4 5; do curl -fsS -H 'Accept: application/json' $P | grep ready && break; sleep 1; done
  curl -fsS -o square.jpg "$P?size=256"

Or in one line: CAMEO_TOKEN=$T {CAMEO} put photo.jpg --server {URL} --associate {PERSON}

`
