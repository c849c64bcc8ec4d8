package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// compare reads a bucket and the local Cloudsmith and compares them byte for
// byte, with nothing of the product in between: a proof that does not trust
// what it proves.
func compare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("pipeline-sandbox compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	bucket := flags.String("bucket", "demo", "bucket to read")
	prefix := flags.String("prefix", "", "prefix of the keys to compare")
	if err := parse(flags, args); err != nil {
		return err
	}
	client, err := fromEnvironment(ctx)
	if err != nil {
		return err
	}
	packages, err := packagesByPath(ctx, os.Getenv("CLOUDSMITH_API_HOST"))
	if err != nil {
		return err
	}
	var objects, folders int
	var size int64
	var problems []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing s3://%s: %w", *bucket, err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if strings.HasSuffix(key, "/") && aws.ToInt64(o.Size) == 0 {
				folders++
				continue
			}
			sum, n, err := digest(ctx, client, *bucket, key)
			if err != nil {
				return err
			}
			objects++
			size += n
			if problem := differs(packages[key], sum); problem != "" {
				problems = append(problems, fmt.Sprintf("%q: %s", key, problem))
			}
			delete(packages, key)
		}
	}
	for path := range packages {
		problems = append(problems, fmt.Sprintf("%q is in the target and not in the bucket", path))
	}
	for _, p := range problems[:min(len(problems), 20)] {
		fmt.Fprintln(stdout, p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d differences between %d objects and what the target holds", len(problems), objects)
	}
	fmt.Fprintf(stdout, "%d objects, %.1f MiB, read from both sides: one package each, the same SHA-256 (%d folder markers left out)\n",
		objects, float64(size)/(1<<20), folders)
	return nil
}

func differs(packages []emulator.PackageSummary, sum string) string {
	switch {
	case len(packages) != 1:
		return fmt.Sprintf("%d packages", len(packages))
	case packages[0].Status != "Completed":
		return "the package's status is " + packages[0].Status
	case packages[0].SHA256 != sum:
		return "the package has SHA-256 " + packages[0].SHA256 + ", the object " + sum
	}
	return ""
}

func digest(ctx context.Context, client *s3.Client, bucket, key string) (sum string, size int64, err error) {
	o, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", 0, fmt.Errorf("reading s3://%s/%s: %w", bucket, key, err)
	}
	defer o.Body.Close() //nolint:errcheck // read only
	h := sha256.New()
	size, err = io.Copy(h, o.Body)
	if err != nil {
		return "", 0, fmt.Errorf("reading s3://%s/%s: %w", bucket, key, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// packagesByPath asks the local Cloudsmith for all it holds.
func packagesByPath(ctx context.Context, api string) (map[string][]emulator.PackageSummary, error) {
	if api == "" {
		return nil, usageError{errors.New("CLOUDSMITH_API_HOST is not set; run the export lines that pipeline-sandbox prints")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(api, "/")+"/_emulator/packages", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("CLOUDSMITH_API_HOST: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the local Cloudsmith: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the local Cloudsmith: %s: is CLOUDSMITH_API_HOST the sandbox's?", res.Status)
	}
	var all []emulator.PackageSummary
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		return nil, fmt.Errorf("asking the local Cloudsmith: %w", err)
	}
	byPath := map[string][]emulator.PackageSummary{}
	for _, p := range all {
		path := p.Filepath
		if path == "" {
			path = p.Name
		}
		byPath[path] = append(byPath[path], p)
	}
	return byPath, nil
}
