package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

const region = "us-east-1"

// credentials of both servers.
type credentials struct{ accessKey, secretKey, apiKey string }

// demoCredentials protect nothing. They are documented, and for loopback
// addresses only.
func demoCredentials() credentials {
	return credentials{"longshore-demo", "longshore-demo-secret", emulator.DemoAPIKey}
}

func randomCredentials() credentials {
	return credentials{rand.Text(), rand.Text() + rand.Text(), rand.Text()}
}

// connection is how to reach the S3 server.
type connection struct {
	endpoint string
	credentials
}

// export prints the settings for both servers in a shell's form.
func (c connection) export(w io.Writer, cloudsmith *emulator.Running) {
	for _, v := range [][2]string{
		{"AWS_ACCESS_KEY_ID", c.accessKey},
		{"AWS_SECRET_ACCESS_KEY", c.secretKey},
		{"AWS_REGION", region},
		{"AWS_ENDPOINT_URL_S3", c.endpoint},
		{"CLOUDSMITH_API_HOST", cloudsmith.URL},
		{"CLOUDSMITH_UPLOAD_HOST", cloudsmith.UploadURL},
		{"CLOUDSMITH_API_KEY", c.apiKey},
	} {
		fmt.Fprintf(w, "export %s=%s\n", v[0], v[1])
	}
}

func (c connection) client() *s3.Client {
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(c.endpoint), UsePathStyle: true,
		Credentials: awscredentials.NewStaticCredentialsProvider(c.accessKey, c.secretKey, ""),
	})
}

func (c connection) createBucket(ctx context.Context, bucket string, versioned bool) error {
	client := c.client()
	if err := ensureBucket(ctx, client, bucket); err != nil {
		return err
	}
	if !versioned {
		return nil
	}
	_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  aws.String(bucket),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		return fmt.Errorf("keeping versions in bucket %s: %w", bucket, err)
	}
	return nil
}

// ensureBucket creates a bucket unless it is there.
func ensureBucket(ctx context.Context, client *s3.Client, bucket string) error {
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)})
	if err != nil && !errors.As(err, new(*types.BucketAlreadyOwnedByYou)) && !errors.As(err, new(*types.BucketAlreadyExists)) {
		return fmt.Errorf("creating bucket %s: %w", bucket, err)
	}
	return nil
}
