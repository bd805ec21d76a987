package igloo

import "strings"

// words are the fixed parts of this dialect's paths, by position; everything else is a client's. None of
// them can be a key in its place, because none has a key's ten characters there.
var words = map[string][]string{
	"api":      {".api2", "api", "v1", "communities", "", "attachments", "uploads", "association"},
	"binaries": {".api2", "binaries", "", "download"},
	"api.svc":  {".api", "api.svc", "session", "create"},
}

// CanonicalPath spells the fixed parts of one of this dialect's paths in lower case, because Igloo's
// clients write them in any; keys and names stay as they are. Other paths come back unchanged.
func CanonicalPath(path string) string {
	const root = "/.api"
	if len(path) < len(root) || !strings.EqualFold(path[:len(root)], root) {
		return path // most paths are
	}
	parts := strings.Split(path, "/")
	if len(parts) < 3 || !strings.EqualFold(parts[1], ".api2") && !strings.EqualFold(parts[1], ".api") {
		return path
	}
	parts[1] = strings.ToLower(parts[1])
	for i, word := range words[strings.ToLower(parts[2])] {
		if i+1 >= len(parts) {
			break
		}
		thumbnails := word == "download" && strings.EqualFold(parts[i+1], "thumbnails")
		if thumbnails || word != "" && strings.EqualFold(parts[i+1], word) {
			parts[i+1] = strings.ToLower(parts[i+1])
		}
	}
	return strings.Join(parts, "/")
}
