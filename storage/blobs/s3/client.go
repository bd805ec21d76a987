package s3

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage/fault"
)

// defaultRegion is what self-hosted stores call themselves.
const defaultRegion = "us-east-1"

// newClient is the SDK's client with everything off that this package does itself: attempts, checksums and
// hashes of bodies.
func newClient(ctx context.Context, c Config) (*s3.Client, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(tune).
			WithDialerOptions(func(d *net.Dialer) { d.Control = narrowly })),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Credentials != nil {
		options = append(options, config.WithCredentialsProvider(c.Credentials))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the settings of the AWS SDK cannot be read")
	}
	if settings.Region == "" {
		if c.Endpoint == "" {
			return nil, invalid("region", "is missing: name the bucket's, or set AWS_REGION")
		}
		settings.Region = defaultRegion
	}
	return s3.NewFromConfig(settings, func(o *s3.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.UsePathStyle = c.PathStyle
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.ContinueHeaderThresholdBytes = -1 // a round trip more, and the servers met consent before they judge
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// tune makes a transport that keeps its connections, sends bodies in large pieces and leaves them as they
// are. Time limits are not its business: see watch.
func tune(t *http.Transport) {
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.ForceAttemptHTTP2 = false
	t.DisableCompression = true
	t.MaxIdleConns = 512
	t.MaxIdleConnsPerHost = 256
	t.MaxConnsPerHost = 0
	t.IdleConnTimeout = 60 * time.Second
	t.ResponseHeaderTimeout = 0
	t.WriteBufferSize = 64 << 10
	t.ReadBufferSize = 64 << 10
}

// unsigned leaves the body out of the signature: the checksum, which is signed, vouches for it.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}
