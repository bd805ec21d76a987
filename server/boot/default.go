package boot

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"

	"cameo/server/resumable"
)

// Default is the Config of an instance that is told nothing: no flag, no variable.
func Default() Config {
	var c Config
	fill(reflect.ValueOf(&c).Elem())
	return c
}

// fill sets the fields that have a default tag. That each tag can be read is for a test to prove.
func fill(fields reflect.Value) {
	for i := range fields.NumField() {
		text, ok := fields.Type().Field(i).Tag.Lookup("default")
		if field := fields.Field(i); ok {
			set(field, text)
		} else if field.Kind() == reflect.Struct {
			fill(field)
		}
	}
}

func set(field reflect.Value, text string) {
	if v, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		_ = v.UnmarshalText([]byte(text))
		return
	}
	if versions, ok := field.Addr().Interface().(*[]resumable.Version); ok {
		for word := range strings.SplitSeq(text, ",") {
			var v resumable.Version
			_ = v.UnmarshalText([]byte(word))
			*versions = append(*versions, v)
		}
		return
	}
	if numbers, ok := field.Addr().Interface().(*[]int); ok {
		for word := range strings.SplitSeq(text, ",") {
			n, _ := strconv.Atoi(word)
			*numbers = append(*numbers, n)
		}
		return
	}
	if words, ok := field.Addr().Interface().(*[]string); ok {
		*words = strings.Split(text, ",")
		return
	}
	if field.Kind() == reflect.Int {
		n, _ := strconv.ParseInt(text, 10, 64)
		field.SetInt(n)
		return
	}
	field.SetString(text)
}
