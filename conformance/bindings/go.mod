module github.com/longshore/longshore/conformance/bindings

go 1.26.0

require (
	github.com/cloudsmith-io/cloudsmith-api-go v0.0.54
	github.com/longshore/longshore v0.0.0
	go.yaml.in/yaml/v4 v4.0.0
)

replace github.com/longshore/longshore => ../..
