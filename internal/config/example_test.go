package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/longshore/longshore/internal/config"
)

// TestExampleShowsTheDefaults loads the commented example and compares it with
// what the program does without one.
func TestExampleShowsTheDefaults(t *testing.T) {
	got, err := config.Load("../../pipeline.example.yaml", []string{"CLOUDSMITH_API_KEY=k"})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(config.NeedSource | config.NeedTarget | config.NeedKey); err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Source.URL, want.Target.Repository, want.Target.APIKey = "s3://acme-artifacts/releases", "acme/prod", "k"
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(config.Config{}, "Stages"), cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Errorf("the example (+) differs from the defaults (-):\n%s", diff)
	}
	if err := got.CheckStages([]string{"enumerate", "verify"}); err != nil {
		t.Error(err)
	}
}
