package association

import "cameo/storage"

// FileVersion is a version of a file, as Salesforce's clients have files: an upload, and what they say of it.
type FileVersion struct {
	Community   storage.Community
	File        storage.Key // of the upload that is the first version: it names the file
	Number      int         // from 1 on
	Upload      storage.Key
	Title       string // "": nothing was said
	Description string // likewise
	Checksum    string // MD5 in hexadecimal digits; "": not known
}

// LaterVersion is the Note of an upload that is a later version of a file, and is no file of its own.
const LaterVersion = "version of a file"
