package salesforce

// ParseID is parseID, for what strangers send to be tried on it.
func ParseID(prefix, text string) (string, error) { return parseID(prefix, text) }

// ReadBody reads the fields of a photo.
func ReadBody(kind string, text []byte) (map[string]string, error) {
	fields := map[string]string{}
	return fields, photoForm("").readBody(kind, text, fields)
}
