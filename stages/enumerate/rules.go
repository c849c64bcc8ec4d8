package enumerate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// rules decide which objects are left out.
type rules struct {
	include, exclude []glob
}

func compileRules(include, exclude []string) (rules, error) {
	in, err1 := compileGlobs("include", include)
	ex, err2 := compileGlobs("exclude", exclude)
	return rules{include: in, exclude: ex}, errors.Join(err1, err2)
}

func compileGlobs(setting string, patterns []string) ([]glob, error) {
	var globs []glob
	var errs []error
	for i, p := range patterns {
		g, err := compileGlob(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("stage enumerate: %s[%d]: %w", setting, i, err))
			continue
		}
		globs = append(globs, g)
	}
	return globs, errors.Join(errs...)
}

// judge returns the verdict on an object that is left out; excluded is false
// for all others.
func (r rules) judge(o stage.Object) (v stage.Verdict, excluded bool) {
	if o.Size == 0 && strings.HasSuffix(o.Key, "/") {
		// Consoles make such objects to draw a folder; there is nothing in
		// them to migrate.
		return leaveOut("folder", "folder key: empty and ends with a slash"), true
	}
	for _, g := range r.exclude {
		if g.match(o.Key) {
			return leaveOut("rule", fmt.Sprintf("exclude rule %q", g.pattern)), true
		}
	}
	if len(r.include) == 0 {
		return stage.Verdict{}, false
	}
	for _, g := range r.include {
		if g.match(o.Key) {
			return stage.Verdict{}, false
		}
	}
	return leaveOut("rule", "no include rule matches the key"), true
}

func leaveOut(code, reason string) stage.Verdict {
	return stage.Verdict{Disposition: stage.Excluded, Code: code, Reason: reason}
}
