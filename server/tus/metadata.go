package tus

import (
	"cmp"
	"encoding/base64"
	"strings"

	"cameo/storage"
	"cameo/storage/fault"
)

// metadata is what Upload-Metadata tells of a file.
type metadata struct {
	text   string // as it was sent
	values map[string]string
}

// parseMetadata reads pairs of a key and a value in base64. The library passes over what it cannot read; a
// file that got another name or no owner by that would be a riddle.
func parseMetadata(lines []string) (metadata, error) {
	m := metadata{text: strings.Join(lines, ","), values: map[string]string{}}
	if strings.TrimSpace(m.text) == "" {
		return m, nil
	}
	for pair := range strings.SplitSeq(m.text, ",") {
		key, text, _ := strings.Cut(strings.Trim(pair, " "), " ")
		value, err := base64.StdEncoding.DecodeString(text)
		if _, twice := m.values[key]; err != nil || twice || key == "" {
			return m, fault.New(fault.Malformed, "want pairs of a key and a value in base64, each key once").
				About("Upload-Metadata")
		}
		m.values[key] = string(value)
	}
	return m, nil
}

// name is the file's, as one client or another calls it.
func (m metadata) name() string {
	return cmp.Or(m.values["filename"], m.values["fileName"], m.values["name"], "upload")
}

// mediaType is the declared one, "" when there is none.
func (m metadata) mediaType() string {
	kind := m.values["filetype"]
	if strings.Contains(m.values["type"], "/") { // Uppy says it in both
		kind = cmp.Or(kind, m.values["type"])
	}
	kind, _, _ = strings.Cut(kind, ";")
	return strings.TrimSpace(kind)
}

// wish is the objectId whose photo the upload is to be, "" for nobody's.
func (m metadata) wish() (string, error) {
	wish := m.values["objectId"]
	if wish != "" && !strings.EqualFold(m.values["type"], "ProfilePhoto") {
		return "", fault.New(fault.Invalid, "with objectId, type must be ProfilePhoto").About("type")
	}
	return wish, nil
}

// note is what is kept of a creation, to be told again: two headers, in which no line can break.
func note(metadata, concat string) string {
	if concat == "" {
		return metadata
	}
	return metadata + "\n" + concat
}

// remembered are the two headers of which the upload's note was made.
func remembered(u storage.Upload) (metadata, concat string) {
	metadata, concat, _ = strings.Cut(u.Note, "\n")
	return metadata, concat
}
