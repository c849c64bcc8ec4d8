package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// DecodeStage reads the section of a stage into a struct that holds the
// defaults. Settings that the struct does not have are an error that names
// them, their line and what there is.
func (c Config) DecodeStage(name string, into any) error {
	n, ok := c.Stages[name]
	if !ok || n.Kind == 0 {
		return nil
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	where := func(line int) string {
		if c.file == "" {
			return "stages." + name
		}
		return fmt.Sprintf("%s: line %d: stages.%s", c.file, line, name)
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: write settings below it, one a line", where(n.Line))
	}
	known := settings(into)
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(known, k.Value) {
			return fmt.Errorf("%s: unknown setting %s; there is: %s", where(k.Line), k.Value, strings.Join(known, ", "))
		}
	}
	if err := n.Decode(into); err != nil {
		return fmt.Errorf("%s: %s", where(n.Line), describe(err))
	}
	return nil
}

// settings lists the YAML names of a struct's fields.
func settings(into any) []string {
	t := reflect.TypeOf(into)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	if t.Kind() != reflect.Struct {
		return names
	}
	for f := range t.Fields() {
		if f.Anonymous {
			names = append(names, settings(reflect.New(f.Type).Interface())...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case name != "":
			names = append(names, name)
		default:
			names = append(names, strings.ToLower(f.Name))
		}
	}
	return names
}
