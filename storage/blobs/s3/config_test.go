package s3_test

import (
	"strings"
	"testing"

	"cameo/storage/blobs/s3"
	"cameo/storage/fault"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]s3.Config{
		"s3://photos":               {Bucket: "photos"},
		"s3://photos/":              {Bucket: "photos"},
		"s3://photos/eu/one/":       {Bucket: "photos", Prefix: "eu/one"},
		"s3://photos?region=eu-1":   {Bucket: "photos", Region: "eu-1"},
		"s3://photos?checksums=":    {Bucket: "photos"},
		"s3://photos?sse=AES256":    {Bucket: "photos", Encryption: "AES256"},
		"s3://photos?sse=aws:kms":   {Bucket: "photos", Encryption: "aws:kms"},
		"s3://p.x-1?checksums=none": {Bucket: "p.x-1", Checksums: s3.None},
		"s3://photos?endpoint=http://127.0.0.1:9000": {
			Bucket: "photos", Endpoint: "http://127.0.0.1:9000", PathStyle: true,
		},
		"s3://photos?endpoint=http://localhost:9000&path_style=false": {
			Bucket: "photos", Endpoint: "http://localhost:9000",
		},
		"s3://photos?endpoint=https://s3.example.org": {Bucket: "photos", Endpoint: "https://s3.example.org"},
		"s3://photos/a?endpoint=http://minio:9000&path_style=true&storage_class=STANDARD_IA&sse=aws:kms&kms_key=k": {
			Bucket: "photos", Prefix: "a", Endpoint: "http://minio:9000", PathStyle: true,
			StorageClass: "STANDARD_IA", Encryption: "aws:kms", KMSKey: "k",
		},
	} {
		if got, err := s3.ParseURL(address); got != want || err != nil {
			t.Errorf("%s: got %+v, %v", address, got, err)
		}
	}
}

func TestParseURLSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                                        "s3://",
		"photos":                                  "s3://",
		"http://photos":                           "s3://",
		"s3:photos":                               "s3://",
		"s3://":                                   "bucket",
		"s3://Photos":                             "bucket",
		"s3://photos:9000":                        "bucket",
		"s3://-x-":                                "bucket",
		"s3://photos/a//b":                        "prefix",
		"s3://photos/ä":                           "prefix",
		"s3://photos#x":                           "#",
		"s3://key:hunter2@photos":                 "AWS_ACCESS_KEY_ID",
		"s3://%zz:hunter2@x":                      "cannot be read",
		"s3://photos?secret=hunter2":              "secret",
		"s3://photos?hunter2%20=x":                "a parameter",
		"s3://photos?region=a&region=b":           "region",
		"s3://photos?region=a%20b":                "region",
		"s3://photos?path_style=yes":              "path_style",
		"s3://photos?endpoint=minio:9000":         "endpoint",
		"s3://photos?endpoint=ftp://x":            "endpoint",
		"s3://photos?endpoint=http://x/y":         "endpoint",
		"s3://photos?sse=yes":                     "sse",
		"s3://photos?kms_key=hunter2":             "kms_key",
		"s3://photos?storage_class=cold":          "storage_class",
		"s3://photos?checksums=md5":               "checksums",
		"s3://photos?a;b":                         "cannot be read",
		"s3://p?endpoint=http://u:hunter2@x":      "bucket",
		"s3://photos?endpoint=http://u:hunter2@x": "endpoint",
	} {
		_, err := s3.ParseURL(address)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to name %s", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v repeats the secret", address, err)
		}
	}
}
