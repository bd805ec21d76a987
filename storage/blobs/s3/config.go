package s3

import (
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cameo/storage/fault"
)

// Config says where the bucket is and how objects are put there. It holds no secret unless Credentials does.
type Config struct {
	Bucket       string
	Prefix       string    // of all objects, without slashes at its ends; "": the whole bucket is the store's
	Endpoint     string    // http or https, host and port; "": Amazon's
	PathStyle    bool      // http://host/bucket/key instead of http://bucket.host/key
	Region       string    // "": the one of the SDK's own settings, or us-east-1 if there is an Endpoint
	Encryption   string    // at rest: "" (the bucket's own), AES256 or aws:kms
	KMSKey       string    // with aws:kms; "": the account's
	StorageClass string    // "": STANDARD
	Checksums    Checksums // "": Auto
	Random       io.Reader // draws the names of probes and the length of pauses; crypto/rand's Reader

	// Credentials, nil: those of the SDK's default chain (environment, shared files, the machine's role).
	Credentials aws.CredentialsProvider
}

// Checksums names what each put is checked by on its way.
type Checksums string

// The checksums. Auto asks the store once, when it is opened, for the first of the others that it holds to.
const (
	Auto      Checksums = "auto"
	CRC64NVME Checksums = "crc64nvme"
	CRC32C    Checksums = "crc32c"
	None      Checksums = "none"
)

// ParseURL reads a Config from an address such as
// s3://bucket/prefix?endpoint=http://127.0.0.1:9000&path_style=true. Invalid: the message names the part
// that is wrong.
func ParseURL(address string) (Config, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil: // the parser's error would repeat the address, and with it what does not belong there
		return Config{}, invalid("", "the address of the S3 store cannot be read: want s3://BUCKET/PREFIX")
	case u.Scheme != "s3" || u.Opaque != "":
		return Config{}, invalid("", "the address of an S3 store begins with s3://")
	case u.User != nil:
		return Config{}, invalid("", "credentials do not belong in the address of the S3 store: "+
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Fragment != "":
		return Config{}, invalid("", "the address of the S3 store has a part behind #")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, invalid("", "the parameters of the S3 store cannot be read: want NAME=VALUE&NAME=VALUE")
	}
	c := Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	for name, values := range query {
		if len(values) > 1 {
			return Config{}, invalid(name, "is given twice")
		}
		if err := c.set(name, values[0]); err != nil {
			return Config{}, err
		}
	}
	if !query.Has("path_style") {
		c.PathStyle = isAddress(c.Endpoint)
	}
	return c, c.Validate()
}

func (c *Config) set(name, value string) error {
	switch name {
	case "endpoint":
		c.Endpoint = value
	case "path_style":
		if value != "true" && value != "false" {
			return invalid(name, "want true or false")
		}
		c.PathStyle = value == "true"
	case "region":
		c.Region = value
	case "sse":
		c.Encryption = value
	case "kms_key":
		c.KMSKey = value
	case "storage_class":
		c.StorageClass = value
	case "checksums":
		c.Checksums = Checksums(value)
	default:
		return invalid(name, "is not known: want endpoint, path_style, region, sse, kms_key, storage_class "+
			"or checksums")
	}
	return nil
}

// isAddress says whether the endpoint's host is one below which no bucket can have a name of its own.
func isAddress(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()) != nil)
}

// Validate says which part makes no sense, by the name that ParseURL knows it under.
func (c Config) Validate() error {
	switch {
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`).MatchString(c.Bucket):
		return invalid("", "the S3 store's bucket is not named as buckets are: "+
			"want 3 to 63 of a-z, 0-9, dot and hyphen, as in s3://BUCKET")
	case !regexp.MustCompile(`^([0-9A-Za-z_.-]+(/[0-9A-Za-z_.-]+)*)?$`).MatchString(c.Prefix):
		return invalid("", "the S3 store's prefix may be of letters, digits, dot, hyphen, underscore and slash")
	case c.Region != "" && !regexp.MustCompile(`^[0-9A-Za-z-]+$`).MatchString(c.Region):
		return invalid("region", "want a name such as eu-central-1")
	case c.Encryption != "" && c.Encryption != "AES256" && c.Encryption != "aws:kms":
		return invalid("sse", "want AES256 or aws:kms")
	case c.KMSKey != "" && c.Encryption != "aws:kms":
		return invalid("kms_key", "goes with sse=aws:kms only")
	case !regexp.MustCompile(`^[A-Z_]*$`).MatchString(c.StorageClass):
		return invalid("storage_class", "want a name such as STANDARD_IA")
	}
	switch c.Checksums {
	case "", Auto, CRC64NVME, CRC32C, None:
	default:
		return invalid("checksums", "want auto, crc64nvme, crc32c or none")
	}
	return c.validateEndpoint()
}

func (c Config) validateEndpoint() error {
	if c.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return invalid("endpoint", "want an address such as http://127.0.0.1:9000")
	case u.User != nil:
		return invalid("endpoint", "must hold no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return invalid("endpoint", "want scheme, host and port only")
	}
	return nil
}

// invalid says what is wrong with the configuration. No value is repeated: it may be a secret in the wrong
// place.
func invalid(param, problem string) error {
	if param == "" {
		return fault.New(fault.Invalid, "%s", problem)
	}
	if !regexp.MustCompile(`^[a-z_]{1,20}$`).MatchString(param) {
		return fault.New(fault.Invalid, "a parameter of the S3 store %s", problem)
	}
	return fault.New(fault.Invalid, "the S3 store's parameter %s: %s", param, problem).About(param)
}
