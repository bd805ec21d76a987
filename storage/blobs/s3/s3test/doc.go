// Package s3test starts real S3 servers for tests, as child processes on this machine's loopback, each with a
// folder of its own that goes when the server does. They are MinIO, the reference, and versitygw.
//
// A server's program is the one that CAMEO_TEST_MINIO or CAMEO_TEST_VERSITYGW names, else the one that
// deploy/tools/tools.sh has built. Where there is none the test skips and says so, unless CAMEO_TEST_REQUIRE
// holds s3: then it fails.
package s3test
