package stagetest

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// absurdity is an input that no sane upstream would send.
type absurdity struct {
	name string
	in   stage.Envelope
}

// nonsense makes absurd inputs out of a good one: facts missing, facts empty,
// and every single value of the record replaced by what it should never be.
func nonsense(good stage.Envelope) []absurdity {
	list := []absurdity{
		{"the zero envelope", stage.Envelope{}},
		{"an envelope without facts", stage.Envelope{Run: good.Run, ID: good.ID}},
		{"an envelope with every fact empty", everyFactEmpty(good)},
	}
	record := reflect.TypeFor[stage.Artifact]()
	for i := range record.NumField() {
		in := clone(good)
		if f := reflect.ValueOf(&in.Artifact).Elem().Field(i); !f.IsZero() {
			f.SetZero()
			list = append(list, absurdity{"no " + record.Field(i).Name, in})
		}
	}
	for i, l := range leaves(&good) {
		for _, v := range absurdValues(l.value.Type()) {
			in := clone(good)
			leaves(&in)[i].value.Set(v)
			list = append(list, absurdity{l.path + " = " + abbreviate(v), in})
		}
	}
	return list
}

func everyFactEmpty(good stage.Envelope) stage.Envelope {
	e := stage.Envelope{Run: good.Run, ID: good.ID}
	a := reflect.ValueOf(&e.Artifact).Elem()
	has := reflect.ValueOf(good.Artifact)
	for i := range a.NumField() {
		if f := a.Field(i); f.Kind() == reflect.Pointer && !has.Field(i).IsNil() {
			f.Set(reflect.New(f.Type().Elem()))
		}
	}
	return e
}

// leaf is one value of an envelope that can be set.
type leaf struct {
	path  string
	value reflect.Value
}

func leaves(e *stage.Envelope) []leaf { return leavesOf("", reflect.ValueOf(e).Elem()) }

func leavesOf(path string, v reflect.Value) []leaf {
	var all []leaf
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			all = leavesOf(path, v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return []leaf{{path, v}}
		}
		for i := range v.NumField() {
			// The port is not part of the record and the engine clears it.
			if name := v.Type().Field(i).Name; name != "Port" {
				all = append(all, leavesOf(strings.TrimPrefix(path+"."+name, "."), v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, leavesOf(path+"["+strconv.Itoa(i)+"]", v.Index(i))...)
		}
	default:
		all = []leaf{{path, v}}
	}
	return all
}

// absurdValues are sizes that no allocation survives, empty names, names that
// lead elsewhere, and text that is none.
func absurdValues(t reflect.Type) []reflect.Value {
	var values []any
	switch {
	case t == reflect.TypeFor[time.Time]():
		values = []any{time.Time{}, time.Date(292277, 1, 1, 0, 0, 0, 0, time.UTC)}
	case t.Kind() == reflect.String:
		values = []any{"", "\xff\xfe\x00", "../../../etc/passwd", strings.Repeat("ab/", 1<<14)}
	case t.Kind() == reflect.Int32:
		values = []any{-1, math.MaxInt32}
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		values = []any{-1, math.MaxInt64}
	case t.Kind() == reflect.Map:
		values = []any{map[string]string{"": "", "\xff": "\xfe", strings.Repeat("k", 1<<16): "v"}}
	}
	var all []reflect.Value
	for _, v := range values {
		all = append(all, reflect.ValueOf(v).Convert(t))
	}
	return all
}

func abbreviate(v reflect.Value) string {
	if s := fmt.Sprintf("%+q", v.String()); v.Kind() == reflect.String && len(s) > 40 {
		return s[:40] + "… (" + strconv.Itoa(v.Len()) + " bytes)"
	} else if v.Kind() == reflect.String {
		return s
	}
	if v.Kind() == reflect.Map {
		return "absurd labels"
	}
	return fmt.Sprint(v.Interface())
}

// quoteOpen is name as Snapshot.Staged begins its line, without the closing
// quote.
func quoteOpen(name string) string { return strings.TrimSuffix(strconv.Quote(name), `"`) }
