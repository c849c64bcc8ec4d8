package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/config"
)

func load(t *testing.T, text string, environ ...string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, environ)
}

func TestLayers(t *testing.T) {
	c, err := load(t, "source:\n  url: s3://file/prefix\nstaging: {quota: 2GB}\ndelivery:\n  drain_timeout: 7s\n",
		"PIPELINE_STAGING__QUOTA=3 GiB", "PIPELINE_TARGET__REPOSITORY=acme/lab", "CLOUDSMITH_API_KEY=k", "CLOUDSMITH_API_HOST=http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Source.URL != "s3://file/prefix" || c.Staging.Quota != 3<<30 || c.Target.Repository != "acme/lab" ||
		c.Delivery.DrainTimeout != 7*time.Second || c.Target.APIHost != "http://127.0.0.1:1" || c.Target.APIKey.Reveal() != "k" {
		t.Errorf("got %+v", c)
	}
	if c.Delivery.Attempts != config.Default().Delivery.Attempts {
		t.Error("a default was lost")
	}
	if err := c.Validate(config.NeedSource | config.NeedTarget | config.NeedKey); err != nil {
		t.Error(err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		text    string
		environ []string
		want    []string
	}{
		"an unknown key has its line":             {"source:\n  url: s3://b\n  ulr: x\n", nil, []string{"line 3", "unknown setting ulr"}},
		"several mistakes come together":          {"sorce: 1\nstagin: 2\n", nil, []string{"line 1", "unknown setting sorce", "line 2", "unknown setting stagin"}},
		"a bad size":                              {"staging:\n  quota: lots\n", nil, []string{"line 2", `"lots"`, "512MiB"}},
		"a bad duration":                          {"delivery:\n  drain_timeout: soon\n", nil, []string{"line 2", "soon"}},
		"an unknown variable":                     {"", []string{"PIPELINE_SORCE__URL=x"}, []string{"PIPELINE_SORCE__URL", "unknown setting sorce"}},
		"a secret's file that is not there":       {"", []string{"CLOUDSMITH_API_KEY_FILE=/does/not/exist"}, []string{"CLOUDSMITH_API_KEY_FILE"}},
		"a key in the file is not a setting":      {"target:\n  api_key: secret\n", nil, []string{"unknown setting api_key"}},
		"file and environment are both mentioned": {"x: 1\n", []string{"PIPELINE_Y=1"}, []string{"unknown setting x", "PIPELINE_Y"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tc.text, tc.environ...)
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "config.") {
				t.Errorf("%q names a Go type", err)
			}
		})
	}
}

func TestValidateReportsEverything(t *testing.T) {
	c := config.Default()
	c.Source.URL = "http://bucket"
	c.Target.Repository = "acme"
	c.Target.Format = "rpm"
	c.Target.APIHost = "api"
	c.Strategy = "huge"
	c.Staging.Quota = 0
	err := c.Validate(config.NeedSource | config.NeedTarget | config.NeedKey)
	for _, w := range []string{"--source", "--target", "CLOUDSMITH_API_KEY", "CLOUDSMITH_API_HOST", "--package-format", "--strategy", "staging.quota"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%v does not mention %s", err, w)
		}
	}
}

func TestStageSections(t *testing.T) {
	c, err := load(t, "stages:\n  verify:\n    poll: 3s\n  hash:\n    mdfive: true\n  empty:\n")
	if err != nil {
		t.Fatal(err)
	}
	verify := struct {
		Poll time.Duration `yaml:"poll"`
		More int           `yaml:"more"`
	}{More: 5}
	if err := c.DecodeStage("verify", &verify); err != nil || verify.Poll != 3*time.Second || verify.More != 5 {
		t.Errorf("got %+v, %v", verify, err)
	}
	var hash struct {
		MD5 bool `yaml:"md5"`
	}
	err = c.DecodeStage("hash", &hash)
	for _, w := range []string{"line 5", "stages.hash", "mdfive", "md5"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%v does not say %q", err, w)
		}
	}
	if err := c.DecodeStage("empty", &hash); err != nil {
		t.Error(err)
	}
	if err := c.CheckStages([]string{"verify", "hash"}); err == nil || !strings.Contains(err.Error(), "stages.empty") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	c := config.Default()
	c.Target.APIKey = "hunter2"
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := strings.ToLower(strings.Join([]string{fmt.Sprintf(format, c), fmt.Sprintf(format, c.Target.APIKey)}, " ")); strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the key", format)
		}
	}
}

func TestRunIDIsStableAndFit(t *testing.T) {
	c := config.Default()
	c.Source.URL, c.Target.Repository = "s3://b/p", "Acme.Inc/My_Repo"
	a := c.RunID()
	if a != c.RunID() || strings.ContainsAny(string(a), "_./ ") || !strings.HasPrefix(string(a), "acme-inc-my-repo-") {
		t.Errorf("run id %q", a)
	}
	c.Source.URL = "s3://b/q"
	if a == c.RunID() {
		t.Error("another source has the same run id")
	}
}
