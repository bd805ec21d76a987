package s3test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// User returns credentials that may do what a policy in JSON allows and nothing else. The server is a MinIO:
// it takes the policy with the request for them.
func (s *Server) User(tb testing.TB, policy string) aws.Credentials {
	tb.Helper()
	client := sts.New(sts.Options{
		BaseEndpoint: &s.Endpoint, Region: Region, HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider(Access, Secret, ""),
	})
	out, err := client.AssumeRole(tb.Context(), &sts.AssumeRoleInput{
		Policy: &policy, RoleArn: aws.String("arn:aws:iam::000000000000:role/tests"),
		RoleSessionName: aws.String("tests"),
	})
	if err != nil {
		tb.Fatal(err)
	}
	c := out.Credentials
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
	}
}

// Allow is a policy that lets its user list the bucket, or not, and do these actions on its objects.
func Allow(list bool, actions ...string) string {
	policy := fmt.Sprintf(`{"Effect": "Allow", "Action": ["%s"], "Resource": "arn:aws:s3:::%s/*"}`,
		strings.Join(actions, `", "`), Bucket)
	if list {
		const statement = `, {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::%s"}`
		policy += fmt.Sprintf(statement, Bucket)
	}
	return `{"Version": "2012-10-17", "Statement": [` + policy + `]}`
}
